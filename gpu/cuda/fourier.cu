#include "gpu/cuda/launch.cuh"
#include "gpu/kernels/fourier.h"

namespace iso::gpu {
ISO_FOURIER_KERNELS(ISO_DEFINE_LAUNCH, float)
ISO_FOURIER_KERNELS(ISO_DEFINE_LAUNCH, double)
}  // namespace iso::gpu
