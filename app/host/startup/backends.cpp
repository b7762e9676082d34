#include "modules.h"
#include "startup.h"

#include "gpu/cpu/cpu_backend.h"
#include "gpu/reference/reference_backend.h"

namespace iso::host {
namespace {

constexpr int last_choice = 0;  ///< right, but slow
constexpr int usual_choice = 10;

}  // namespace

void add_backends(compute::BackendRegistry& registry, std::string_view wish) {
  use_runtime_module();
  registry.add(gpu::make_reference_backend(), last_choice);
  registry.add(gpu::make_cpu_backend(), usual_choice);
  if (wish == "auto" || wish.starts_with("cuda")) {
    add_module(registry, "cuda", module_directories());
  } else {
    registry.note_absent("cuda", "it was not looked for, since the device " + std::string{wish} + " was asked for");
  }
}

}  // namespace iso::host
