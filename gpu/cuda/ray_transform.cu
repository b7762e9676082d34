#include "gpu/cuda/launch.cuh"
#include "gpu/kernels/ray_transform.h"

namespace iso::gpu {
ISO_RAY_TRANSFORM_KERNELS(ISO_DEFINE_LAUNCH, float)
ISO_RAY_TRANSFORM_KERNELS(ISO_DEFINE_LAUNCH, double)
}  // namespace iso::gpu
