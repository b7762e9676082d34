#pragma once

#include "gpu/cuda/fourier_library.h"

#include <iso/base/shape.h>
#include <iso/compute/backend.h>

#include <vector>

/// Fourier transforms of arrays as runs of the library.
namespace iso::gpu {

/// Axes that follow each other go together.
[[nodiscard]] std::vector<FourierRun> fourier_runs(const Shape& grid, std::vector<std::size_t> axes,
                                                   bool double_precision);
/// Throws device_failed if it was refused.
void queue_transform(const FourierRun& run, void* elements, compute::Stream& stream);

}  // namespace iso::gpu
