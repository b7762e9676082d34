#include "iso/models/runtime.h"

#include "iso/base/error.h"
#include "iso/base/threads.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace iso::models {
namespace {

struct Held {
  std::mutex mutex;
  RuntimeSource source;
  std::function<void()> check;
  std::shared_ptr<const Runtime> runtime;
};
/// Never destroyed: at the end of the process the library's own statics may be gone before a runtime of ours.
Held& held() {
  static Held& one = *new Held;
  return one;
}

// Measured with the U-Net of resources/models/training (438,500 parameters) in float32, one image, one thread: 57 MiB beyond what the
// process held, 157 bytes a pixel more from 256 x 256 to 512 x 512, 24 and 103 ms of processor time; rounded up.
constexpr double library_bytes = 70e6, compiled_per_weight = 12, activation_bytes_a_pixel = 200;
constexpr double operations_a_second = 2e11;

[[noreturn]] void refuse_without_source() {
  throw Error{Errc::unsupported, "this program cannot run networks: it was started without a library for them"};
}

}  // namespace

Runtime::~Runtime() = default;

void set_runtime_source(RuntimeSource source, std::function<void()> check) {
  const std::lock_guard lock{held().mutex};
  held().source = std::move(source);
  held().check = std::move(check);
  held().runtime.reset();
}

void check_runtime() {
  const std::lock_guard lock{held().mutex};
  if (held().runtime) return;
  if (!held().source) refuse_without_source();
  if (held().check) held().check();
}

std::shared_ptr<const Runtime> runtime() {
  const std::lock_guard lock{held().mutex};
  if (!held().runtime) {
    if (!held().source) refuse_without_source();
    held().runtime = held().source();
  }
  return held().runtime;
}

std::shared_ptr<const Runtime> loaded_runtime() noexcept {
  const std::lock_guard lock{held().mutex};
  return held().runtime;
}

std::vector<NetworkPtr> load(const Card& card, int at_once) {
  check_graphs(card);
  const auto library = runtime();
  std::vector<NetworkPtr> all;
  all.reserve(card.graphs.size());
  for (const GraphFile& graph : card.graphs) all.push_back(library->load(graph.file, at_once));
  return all;
}

double bytes_a_pixel(const Card& card) noexcept { return card.graphs.empty() ? 0 : activation_bytes_a_pixel; }

NetworkCost cost(const Card& card, std::int64_t pixels, std::int64_t batch) noexcept {
  const double all = static_cast<double>(pixels) * static_cast<double>(batch),
               weights = static_cast<double>(card.parameters),
               together = static_cast<double>(std::clamp<std::int64_t>(batch, 1, ThreadBudget::threads()));
  NetworkCost needed;
  needed.bytes = static_cast<std::size_t>(library_bytes + compiled_per_weight * weights +
                                          bytes_a_pixel(card) * static_cast<double>(pixels) * together);
  // A weight of a network with pooling meets a part of the pixels only: an eighth of them on average.
  needed.seconds = 2 * weights * all / 8 / (operations_a_second * together) + 0.3;
  return needed;
}

}  // namespace iso::models
