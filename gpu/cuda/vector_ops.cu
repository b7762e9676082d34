#include "gpu/cuda/launch.cuh"
#include "gpu/kernels/vector.h"

namespace iso::gpu {
ISO_VECTOR_KERNELS(ISO_DEFINE_LAUNCH)
}  // namespace iso::gpu
