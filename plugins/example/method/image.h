#pragma once

#include "iso/data/dataset.h"

#include <array>
#include <cstdint>
#include <span>

namespace example {

/// An image in two or three dimensions as the methods here see it: f32, x fastest.
struct Image {
  iso::Pixels pixels;
  std::array<std::int64_t, 3> size{1, 1, 1};
  [[nodiscard]] std::span<const float> values() const { return pixels.values<float>(); }
  [[nodiscard]] bool contains(const std::array<std::int32_t, 3>& voxel) const noexcept;
  [[nodiscard]] std::int64_t index(const std::array<std::int32_t, 3>& voxel) const noexcept;
};

/// Width, height and depth of an image of ours.
/// Errors   invalid_input for an array without elements, with a time axis, or with complex values.
[[nodiscard]] std::array<std::int64_t, 3> image_size(const iso::ArraySpec& spec);

/// The pixels of a volume, converted where they are of another real type.
/// Errors   those of image_size.
[[nodiscard]] Image make_image(const iso::Volume& volume);

/// Standard deviation of white noise, from the differences d of neighbours along x: 1.4826 median|d| / sqrt(2), which
/// edges hardly change as long as they are in fewer than half of all pairs. Differences that are exactly 0 (air that a
/// scanner has clipped) are left out. 0 for an image without differences.
[[nodiscard]] double noise_level(const Image& image);

/// What the image is like about one voxel, from its slice alone.
struct Surroundings {
  double middle;  ///< median of the 3 x 3 voxels about it: one noisy voxel does not move it, and an edge hardly
  double noise;   ///< as `noise_level`, of the 11 x 11 voxels about it and along both axes; differences of 0 count here
};
[[nodiscard]] Surroundings make_surroundings(const Image& image, const std::array<std::int64_t, 3>& voxel);

/// The difference between the 99th and the first percentile of the finite values.
[[nodiscard]] double value_range(const Image& image);

}  // namespace example
