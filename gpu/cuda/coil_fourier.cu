#include "gpu/cuda/launch.cuh"
#include "gpu/kernels/coil_fourier.h"

namespace iso::gpu {
ISO_COIL_FOURIER_KERNELS(ISO_DEFINE_LAUNCH, float)
ISO_COIL_FOURIER_KERNELS(ISO_DEFINE_LAUNCH, double)
}  // namespace iso::gpu
