#include "startup.h"

#include "gpu/cpu/cpu_backend.h"
#include "gpu/reference/reference_backend.h"

namespace iso::host {
namespace {

constexpr int last_choice = 0;  ///< right, but slow
constexpr int usual_choice = 10;

}  // namespace

void add_backends(compute::BackendRegistry& registry) {
  registry.add(gpu::make_reference_backend(), last_choice);
  registry.add(gpu::make_cpu_backend(), usual_choice);
  registry.note_absent("cuda", "this program does not load the CUDA module yet");
}

}  // namespace iso::host
