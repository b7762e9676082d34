#include "gpu/cuda/launch.cuh"
#include "gpu/kernels/unmixing.h"

namespace iso::gpu {
ISO_UNMIXING_KERNELS(ISO_DEFINE_LAUNCH, float)
ISO_UNMIXING_KERNELS(ISO_DEFINE_LAUNCH, double)
ISO_UNMIXING_SUMS(ISO_DEFINE_LAUNCH)
}  // namespace iso::gpu
