#include "gpu/cuda/launch.cuh"
#include "gpu/kernels/complex_difference.h"

namespace iso::gpu {
ISO_COMPLEX_DIFFERENCE_KERNELS(ISO_DEFINE_LAUNCH, float)
ISO_COMPLEX_DIFFERENCE_KERNELS(ISO_DEFINE_LAUNCH, double)
}  // namespace iso::gpu
