#pragma once

#include "method/image.h"

namespace example {

/// The median of the (2 radius + 1)^d voxels about each voxel, d the number of axes with more than one voxel; at the border
/// the nearest voxels stand for those that are missing. Takes out single outliers, which diffusion would keep for edges.
/// By `itk::MedianImageFilter`, on the memory of the image itself.
[[nodiscard]] Image median(const Image& image, std::int64_t radius);

}  // namespace example
