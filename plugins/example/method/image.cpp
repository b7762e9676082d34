#include "method/image.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

namespace example {

bool Image::contains(const std::array<std::int32_t, 3>& voxel) const noexcept {
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (voxel[axis] < 0 || voxel[axis] >= size[axis]) return false;
  return true;
}

std::int64_t Image::index(const std::array<std::int32_t, 3>& voxel) const noexcept {
  return voxel[0] + size[0] * (voxel[1] + size[1] * voxel[2]);
}

std::array<std::int64_t, 3> image_size(const iso::ArraySpec& spec) {
  if (spec.shape.rank() == 0 || spec.shape.count() == 0)
    throw iso::Error{iso::Errc::invalid_input, "the volume has no voxels"};
  if (spec.shape.rank() > 3 && spec.shape.count() != spec.shape[0] * spec.shape[1] * spec.shape[2])
    throw iso::Error{iso::Errc::invalid_input, "the volume has shape " + spec.shape.text() + ", expected no time axis",
                     "extract one frame first"};
  if (iso::is_complex(spec.type))
    throw iso::Error{iso::Errc::invalid_input, "the volume has complex values, expected real ones",
                     "convert it to its magnitude first"};
  return {spec.shape[0], spec.shape[1], spec.shape[2]};
}

Image make_image(const iso::Volume& volume) {
  const auto size = image_size(volume.pixels.spec());
  return {volume.pixels.converted(iso::ScalarType::f32), size};
}

double noise_level(const Image& image) {
  const auto values = image.values();
  std::vector<float> differences;
  const auto pairs = static_cast<std::int64_t>(values.size());
  const std::int64_t stride = 1 + pairs / 1'000'000;  // a million pairs give the median to three digits
  for (std::int64_t i = 0; i + 1 < pairs; i += stride) {
    if ((i + 1) % image.size[0] == 0) continue;
    const float difference = std::abs(values[static_cast<std::size_t>(i + 1)] - values[static_cast<std::size_t>(i)]);
    if (std::isfinite(difference) && difference > 0) differences.push_back(difference);
  }
  if (differences.empty()) return 0;
  const auto middle = differences.begin() + static_cast<std::ptrdiff_t>(differences.size() / 2);
  std::ranges::nth_element(differences, middle);
  return 1.4826 * static_cast<double>(*middle) / std::numbers::sqrt2;
}

Surroundings make_surroundings(const Image& image, const std::array<std::int64_t, 3>& voxel) {
  constexpr std::int64_t near = 1, around = 5;
  const auto values = image.values();
  const auto value = [&](std::int64_t x, std::int64_t y) {
    return values[static_cast<std::size_t>(x + image.size[0] * (y + image.size[1] * voxel[2]))];
  };
  std::vector<float> close, differences;
  const std::int64_t right = std::min(voxel[0] + around, image.size[0] - 1);
  const std::int64_t bottom = std::min(voxel[1] + around, image.size[1] - 1);
  for (std::int64_t y = std::max<std::int64_t>(voxel[1] - around, 0); y <= bottom; ++y) {
    for (std::int64_t x = std::max<std::int64_t>(voxel[0] - around, 0); x <= right; ++x) {
      const float here = value(x, y);
      if (!std::isfinite(here)) continue;
      if (std::abs(x - voxel[0]) <= near && std::abs(y - voxel[1]) <= near) close.push_back(here);
      if (x < right && std::isfinite(value(x + 1, y))) differences.push_back(std::abs(value(x + 1, y) - here));
      if (y < bottom && std::isfinite(value(x, y + 1))) differences.push_back(std::abs(value(x, y + 1) - here));
    }
  }
  const auto median = [](std::vector<float>& list) {
    if (list.empty()) return 0.0;
    const auto middle = list.begin() + static_cast<std::ptrdiff_t>(list.size() / 2);
    std::ranges::nth_element(list, middle);
    return static_cast<double>(*middle);
  };
  return {median(close), 1.4826 * median(differences) / std::numbers::sqrt2};
}

double value_range(const Image& image) {
  std::vector<float> finite;
  const auto values = image.values();
  const std::size_t stride = 1 + values.size() / 1'000'000;
  for (std::size_t i = 0; i < values.size(); i += stride)
    if (std::isfinite(values[i])) finite.push_back(values[i]);
  if (finite.empty()) return 0;
  const auto percentile = [&](double fraction) {
    const auto at = finite.begin() + std::lround(fraction * static_cast<double>(finite.size() - 1));
    std::ranges::nth_element(finite, at);
    return static_cast<double>(*at);
  };
  const double low = percentile(0.01);
  return percentile(0.99) - low;
}

}  // namespace example
