#include "gpu/cuda/launch.cuh"
#include "gpu/kernels/detector_filter.h"

namespace iso::gpu {
ISO_DETECTOR_FILTER_KERNELS(ISO_DEFINE_LAUNCH, float)
ISO_DETECTOR_FILTER_KERNELS(ISO_DEFINE_LAUNCH, double)
}  // namespace iso::gpu
