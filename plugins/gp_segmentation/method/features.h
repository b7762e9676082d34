#pragma once

#include "method/picture.h"

#include <iso/data/pixels.h>

#include <cstdint>
#include <vector>

namespace gp_segmentation {

/// Gaussian of one channel, in place: taps to 3.5 sd, mirrored at the borders. `sd` in voxels along each axis; none below 0.3.
void smooth(std::vector<float>& values, const Voxel& size, const iso::Vec3& sd);

/// Median of the 3 x 3 (x 3 where the slices are less than twice as far apart as the pixels) voxels about each.
[[nodiscard]] std::vector<float> median(const std::vector<float>& values, const Voxel& size, bool through_slices);

/// How many planes `make_features` gives.
[[nodiscard]] std::int64_t feature_count(std::int64_t channels) noexcept;

/// What kernels compare, each plane divided by its length scale l, so that plain squared distances count. f32, {x, y, z, plane}.
///
///   a channel   median 3 x 3 (x 3)                        l = 0.25
///               Gaussian of sd 1, 2, 4 pixels             l = 0.18, 0.15, 0.30
///   all         gradient magnitude at sd 1, 2, over its 95th percentile   l = 1.5
///               standard deviation at sd 2, over 0.08     l = 1.5
///
/// Pixels are those of the finest axis; along others the sd is as many millimetres. *Ours*: with C channels their l is multiplied
/// by sqrt(C), so that colours are compared as strictly as greys; gradient and deviation are those of the mean of the channels.
/// `pixel` is the size of a pixel of the original image in voxels of this one (0.5 for one halved).
/// Scales found on phantoms (README.md).
[[nodiscard]] iso::PixelBuffer make_features(const Picture& picture, double pixel = 1);

/// Voxels beyond a part that its features depend on.
inline constexpr std::int64_t feature_halo = 24;

/// The 95th percentiles that `make_features` divides gradients by, from at most eight slices.
[[nodiscard]] std::array<double, 2> gradient_scales(const Picture& picture);

}  // namespace gp_segmentation
