#include "gpu/cuda/launch.cuh"
#include "gpu/kernels/smoothing_noise.h"

namespace iso::gpu {
ISO_SMOOTHING_NOISE_KERNELS(ISO_DEFINE_LAUNCH)
}  // namespace iso::gpu
