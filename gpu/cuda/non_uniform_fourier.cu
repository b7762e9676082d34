#include "gpu/cuda/launch.cuh"
#include "gpu/kernels/non_uniform_fourier.h"

namespace iso::gpu {
ISO_NON_UNIFORM_FOURIER_KERNELS(ISO_DEFINE_LAUNCH, float)
ISO_NON_UNIFORM_FOURIER_KERNELS(ISO_DEFINE_LAUNCH, double)
}  // namespace iso::gpu
