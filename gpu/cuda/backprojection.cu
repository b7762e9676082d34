#include "gpu/cuda/launch.cuh"
#include "gpu/kernels/backprojection.h"

namespace iso::gpu {
ISO_BACKPROJECTION_KERNELS(ISO_DEFINE_LAUNCH, float)
ISO_BACKPROJECTION_KERNELS(ISO_DEFINE_LAUNCH, double)
}  // namespace iso::gpu
