#include "gpu/cuda/launch.cuh"
#include "gpu/kernels/unfolding.h"

namespace iso::gpu {
ISO_UNFOLDING_KERNELS(ISO_DEFINE_LAUNCH, float)
ISO_UNFOLDING_KERNELS(ISO_DEFINE_LAUNCH, double)
}  // namespace iso::gpu
