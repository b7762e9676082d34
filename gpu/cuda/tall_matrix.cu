#include "gpu/cuda/launch.cuh"
#include "gpu/kernels/tall_matrix.h"

namespace iso::gpu {
ISO_TALL_MATRIX_KERNELS(ISO_DEFINE_LAUNCH, float)
ISO_TALL_MATRIX_KERNELS(ISO_DEFINE_LAUNCH, double)
}  // namespace iso::gpu
