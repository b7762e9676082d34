#pragma once

#include <iso/data/volume.h>

#include <array>
#include <cstdint>
#include <vector>

namespace gp_segmentation {

using Voxel = std::array<std::int64_t, 3>;

/// What is clicked on: one to four channels, scaled to about [0, 1], channel after channel, x fastest. A picture in two
/// dimensions has one slice.
struct Picture {
  Voxel size{1, 1, 1};
  iso::Vec3 spacing_mm{1, 1, 1};
  std::int64_t channels{1};
  std::vector<float> values;
  std::vector<std::uint8_t> missing;  ///< 1 where the image has no number; empty: nowhere
  /// 95th percentiles of the gradient magnitudes at sd 1 and 2 per pixel; 0: to be taken from the picture itself.
  std::array<double, 2> gradient_scale{0, 0};

  [[nodiscard]] std::int64_t count() const noexcept { return size[0] * size[1] * size[2]; }
  [[nodiscard]] std::int64_t index(const Voxel& at) const noexcept {
    return at[0] + size[0] * (at[1] + size[1] * at[2]);
  }
  [[nodiscard]] bool contains(const Voxel& at) const noexcept;
  [[nodiscard]] double finest_mm() const noexcept;  ///< the smallest spacing of an axis of several voxels
};

/// Width, height, depth and channels of an image of ours. A fourth axis of two to four is channels (colours, sequences).
/// Errors   invalid_input: no voxels, complex values, more than four channels.
struct PictureSize {
  Voxel size;
  std::int64_t channels;
};
[[nodiscard]] PictureSize picture_size(const iso::ArraySpec& spec);

/// g = clamp((I - P1) / (P99 - P1), -0.25, 1.25), P1 and P99 the percentiles of the finite values of a channel. *Ours*: up to
/// two lowest values that each fill 2 % of what is left (padding, clipped air) are not counted, and a constant image is 0.
/// Errors   those of picture_size.
[[nodiscard]] Picture make_picture(const iso::Volume& volume);

/// The slice `at` across an axis, its axes in the order of the image's.
[[nodiscard]] Picture make_slice(const Picture& picture, std::size_t axis, std::int64_t at);
/// Voxels [begin, end) along each axis.
[[nodiscard]] Picture make_part(const Picture& picture, const Voxel& begin, const Voxel& end);
/// Means over pairs of voxels along the axes whose spacing is below twice the finest; how many voxels became one is `factor`.
[[nodiscard]] Picture halved(const Picture& picture, Voxel& factor);

/// Where a voxel of the volume lies in a slice across an axis, and how far along that axis.
struct InSlice {
  Voxel at;
  std::int64_t slice;
};
[[nodiscard]] InSlice to_slice(const Voxel& voxel, std::size_t axis) noexcept;

}  // namespace gp_segmentation
