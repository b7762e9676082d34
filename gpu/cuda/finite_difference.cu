#include "gpu/cuda/launch.cuh"
#include "gpu/kernels/finite_difference.h"

namespace iso::gpu {
ISO_FINITE_DIFFERENCE_KERNELS(ISO_DEFINE_LAUNCH, float)
ISO_FINITE_DIFFERENCE_KERNELS(ISO_DEFINE_LAUNCH, double)
}  // namespace iso::gpu
