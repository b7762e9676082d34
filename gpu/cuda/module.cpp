#include "gpu/cuda/backend.h"

#include <iso/compute/backend_module.h>

extern "C" __attribute__((visibility("default"))) const iso::compute::BackendModule* isocenter_backend_module() {
  constexpr int before_the_cpu = 20;
  static const iso::compute::BackendModule module{iso::compute::backend_module_api, "cuda", before_the_cpu,
                                                  &iso::gpu::make_cuda_backends};
  return &module;
}
