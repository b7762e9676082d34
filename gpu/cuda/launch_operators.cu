#include "gpu/cuda/launch.cuh"

namespace iso::gpu {
ISO_OPERATOR_KERNELS(ISO_DEFINE_LAUNCH)
}  // namespace iso::gpu
