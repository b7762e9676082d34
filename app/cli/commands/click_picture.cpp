#include "click_picture.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

namespace iso::cli {
namespace {

constexpr std::int64_t least_width = 512;
constexpr float white = 1, black = 0;

/// A slice in [0, 1] by its 1st and 99th percentile.
std::vector<float> greys(const Volume& image, std::int64_t z) {
  const std::int64_t plane = image.grid.size[0] * image.grid.size[1];
  const Pixels all = image.pixels.converted(ScalarType::f32);
  const auto slice = all.values<float>().subspan(static_cast<std::size_t>(z * plane), static_cast<std::size_t>(plane));
  std::vector<float> values(slice.begin(), slice.end()), sorted;
  std::ranges::copy_if(values, std::back_inserter(sorted), [](float value) { return std::isfinite(value); });
  std::ranges::sort(sorted);
  if (sorted.empty()) return std::vector<float>(values.size(), 0);
  const auto at = [&](double share) {
    return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
  };
  const float low = at(0.01), range = std::max(at(0.99) - low, 1e-6F);
  for (float& value : values) value = std::isfinite(value) ? std::clamp((value - low) / range, 0.0F, 1.0F) : 0;
  return values;
}

struct Canvas {
  std::int64_t width, height, factor;
  std::vector<float> values;
  void put(std::int64_t x, std::int64_t y, float value) {
    if (x >= 0 && y >= 0 && x < width && y < height) values[static_cast<std::size_t>(x + width * y)] = value;
  }
  /// Through the middle of a voxel, on a rim of the other shade.
  void cross(std::int64_t voxel_x, std::int64_t voxel_y, float value) {
    const std::int64_t x = voxel_x * factor + factor / 2, y = voxel_y * factor + factor / 2, arm = 7;
    for (const std::int64_t rim : {2, 1, 0})
      for (std::int64_t k = -arm - rim; k <= arm + rim; ++k)
        for (std::int64_t side = -rim; side <= rim; ++side) {
          put(x + k, y + side, rim > 0 ? 1 - value : value);
          put(x + side, y + k, rim > 0 ? 1 - value : value);
        }
  }
};

}  // namespace

Volume make_click_picture(const Volume& image, const LabelMap& labels, std::span<const plugin::Mark> marks) {
  std::int64_t z = image.grid.size[2] / 2;
  for (const plugin::Mark& mark : marks)
    if (!mark.voxels.empty()) z = std::clamp<std::int64_t>(mark.voxels.front()[2], 0, image.grid.size[2] - 1);
  const std::int64_t nx = image.grid.size[0], ny = image.grid.size[1];
  const std::int64_t factor = std::max<std::int64_t>(1, (least_width + nx - 1) / nx);
  Canvas canvas{nx * factor, ny * factor, factor, {}};
  const std::vector<float> slice = greys(image, z);
  canvas.values.resize(static_cast<std::size_t>(canvas.width * canvas.height));
  for (std::int64_t y = 0; y < canvas.height; ++y)
    for (std::int64_t x = 0; x < canvas.width; ++x)
      canvas.put(x, y, 0.9F * slice[static_cast<std::size_t>(x / factor + nx * (y / factor))]);
  const bool wide = labels.labels.spec().type == ScalarType::u16;
  const auto label = [&](std::int64_t x, std::int64_t y) -> std::uint16_t {
    const auto at = static_cast<std::size_t>(x / factor + nx * (y / factor + ny * z));
    return wide ? labels.labels.values<std::uint16_t>()[at] : labels.labels.values<std::uint8_t>()[at];
  };
  for (std::int64_t y = 0; y + 1 < canvas.height; ++y)
    for (std::int64_t x = 0; x + 1 < canvas.width; ++x)
      if (label(x, y) != label(x + 1, y) || label(x, y) != label(x, y + 1)) {
        canvas.put(x, y, white);
        canvas.put(x + 1, y + 1, white);
      }
  for (const plugin::Mark& mark : marks)
    for (const auto& voxel : mark.voxels)
      if (voxel[2] == z && mark.voxels.size() == 1) canvas.cross(voxel[0], voxel[1], mark.label == 0 ? black : white);
  Volume picture;
  PixelBuffer pixels = PixelBuffer::allocate({Shape{canvas.width, canvas.height, 1}, ScalarType::f32});
  std::ranges::copy(canvas.values, pixels.values<float>().begin());
  picture.pixels = std::move(pixels);
  picture.grid.size = {canvas.width, canvas.height, 1};
  picture.meta["window"] = "1,0.5";
  return picture;
}

}  // namespace iso::cli
