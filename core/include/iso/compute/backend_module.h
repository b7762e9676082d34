#pragma once

#include "iso/compute/backend.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace iso::compute {

/// A library of backends that is loaded at run time, because what it links may be missing. It exports one C function,
/// `isocenter_backend_module`, of type BackendModuleEntry; nothing else of it is called before `api` was compared.
struct BackendModule {
  std::uint32_t api;  ///< backend_module_api of the build it was made for
  const char* id;     ///< "cuda"
  int preference;     ///< in the registry
  /// The backends of the devices that are there, at least one. Throws no_device, saying in one sentence why there is none.
  std::vector<std::unique_ptr<Backend>> (*make)();
};

/// Rises whenever Backend or what it hands out changes its layout.
inline constexpr std::uint32_t backend_module_api = 1;
inline constexpr const char* backend_module_entry = "isocenter_backend_module";

extern "C" {
using BackendModuleEntry = const BackendModule* (*)();
}

}  // namespace iso::compute
