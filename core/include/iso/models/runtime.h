#pragma once

#include "iso/models/card.h"
#include "iso/models/network.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace iso::models {

/// The library that runs networks; a module, and possibly absent.
class Runtime {
 public:
  virtual ~Runtime();
  [[nodiscard]] virtual std::string version() const = 0;  ///< "OpenVINO 2026.4.1"
  /// Reads an ONNX file. A run of the library takes one thread, as its bits differ with their number. `at_once` 0: each image of a batch is a run,
  /// as many together as the thread budget has threads, so that neither threads nor batches change bits; more: so many calls of `Network::run` may go
  /// on together, each a run of its whole batch. Throws cannot_read, invalid_input for a file that is no network, unsupported for an operator that the library does
  /// not have.
  [[nodiscard]] virtual NetworkPtr load(const std::filesystem::path& graph, int at_once) const = 0;
};

struct RuntimeSettings {
  std::filesystem::path cache;  ///< where compiled networks are kept; empty: nowhere
};

/// What a module exports under `runtime_module_entry`; nothing else of it is called before `api` was compared.
struct RuntimeModule {
  std::uint32_t api;
  const char* id;                                                     ///< "openvino"
  std::unique_ptr<Runtime> (*make)(const RuntimeSettings& settings);  ///< throws unsupported, saying why
};
/// Rises whenever Runtime or Network changes its layout.
inline constexpr std::uint32_t runtime_module_api = 2;
inline constexpr const char* runtime_module_entry = "isocenter_runtime_module";
extern "C" {
using RuntimeModuleEntry = const RuntimeModule* (*)();
}

/// Says how this process gets its runtime; the program does it once at its start. Nothing is loaded before `runtime` is called.
/// `check` throws as `source` would where there plainly is none, without loading anything.
using RuntimeSource = std::function<std::shared_ptr<const Runtime>()>;
void set_runtime_source(RuntimeSource source, std::function<void()> check = {});
/// Throws unsupported where a call of `runtime` cannot succeed, as far as that shows without loading it.
void check_runtime();
/// The runtime of this process, loaded by the first call. Throws unsupported, saying why there is none and what to do.
[[nodiscard]] std::shared_ptr<const Runtime> runtime();

/// The same if it is loaded already, else null.
[[nodiscard]] std::shared_ptr<const Runtime> loaded_runtime() noexcept;

/// The graphs of a card, checked against it and loaded, in its order, for so many runs at once (0: an image each). Throws as `check_graphs`, `runtime` and
/// `Runtime::load`.
[[nodiscard]] std::vector<NetworkPtr> load(const Card& card, int at_once = 0);

/// What running a network on a batch of (width, height, batch) takes, roughly: memory of the library, weights and activations, and
/// seconds with the thread budget as it is, an image a thread. Ours: activations as measured for U-Nets, 2 operations a weight and pixel.
struct NetworkCost {
  std::size_t bytes{0};
  double seconds{0};
};
[[nodiscard]] double bytes_a_pixel(const Card& card) noexcept;
[[nodiscard]] NetworkCost cost(const Card& card, std::int64_t pixels, std::int64_t batch) noexcept;

}  // namespace iso::models
