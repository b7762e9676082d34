#include "gpu/cuda/launch.cuh"
#include "gpu/kernels/kernel_expansion.h"

namespace iso::gpu {
ISO_KERNEL_EXPANSION_KERNELS(ISO_DEFINE_LAUNCH, float)
ISO_KERNEL_EXPANSION_KERNELS(ISO_DEFINE_LAUNCH, double)
}  // namespace iso::gpu
