#include "adapter/atlas.h"

#include <iso/base/error.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>

namespace diffusion_recon {
namespace {

/// Bilinear at (x, y) in pixels; 0 outside.
double sample(std::span<const float> image, std::int64_t width, std::int64_t height, double x, double y) {
  const auto x0 = static_cast<std::int64_t>(std::floor(x)), y0 = static_cast<std::int64_t>(std::floor(y));
  double sum = 0;
  for (std::int64_t dy = 0; dy < 2; ++dy)
    for (std::int64_t dx = 0; dx < 2; ++dx) {
      const std::int64_t i = x0 + dx, j = y0 + dy;
      if (i < 0 || j < 0 || i >= width || j >= height) continue;
      const double weight = (1 - std::abs(x - static_cast<double>(i))) * (1 - std::abs(y - static_cast<double>(j)));
      sum += weight * double{image[static_cast<std::size_t>(j * width + i)]};
    }
  return sum;
}

}  // namespace

void require_pixels(const iso::Volume& volume, const char* what) {
  const iso::Shape& shape = volume.pixels.spec().shape;
  if (shape.rank() < 3 || shape.count() == 0)
    throw iso::Error{iso::Errc::invalid_input, std::string{what} + " has no pixels", "give one with its grid"};
}

double to_water(double value, iso::Quantity quantity, double water_per_mm, const char* what) {
  if (quantity == iso::Quantity::hounsfield) return 1 + value / 1000;
  if (quantity == iso::Quantity::attenuation_per_mm) return value / water_per_mm;
  throw iso::Error{iso::Errc::invalid_input,
                   std::string{"the values of "} + what + " are neither Hounsfield units nor attenuation",
                   "convert it with --quantity hounsfield or attenuation_per_mm"};
}

iso::Pixels make_atlas(const iso::Volume& volume, const iso::VoxelGrid& grid, double water_per_mm) {
  require_pixels(volume, "the atlas");
  iso::PixelBuffer water = iso::PixelBuffer::make_copy(volume.pixels.converted(iso::ScalarType::f32));
  for (float& value : water.values<float>())
    value = static_cast<float>(to_water(double{value}, volume.quantity, water_per_mm, "the atlas"));
  const iso::VoxelGrid& from = volume.grid;
  const auto area = static_cast<std::size_t>(from.size[0] * from.size[1]);
  const std::size_t images = water.values<float>().size() / area;
  iso::PixelBuffer out = iso::PixelBuffer::allocate(
      {{grid.size[0], grid.size[1], static_cast<std::int64_t>(images)}, iso::ScalarType::f32});
  auto at = out.values<float>().begin();
  const auto position = [&](std::int64_t index, std::size_t axis) {
    const double mm =
        (static_cast<double>(index) - 0.5 * static_cast<double>(grid.size[axis] - 1)) * grid.spacing_mm[axis];
    return mm / from.spacing_mm[axis] + 0.5 * static_cast<double>(from.size[axis] - 1);
  };
  for (std::size_t k = 0; k < images; ++k)
    for (std::int64_t y = 0; y < grid.size[1]; ++y)
      for (std::int64_t x = 0; x < grid.size[0]; ++x)
        *at++ = static_cast<float>(sample(water.values<float>().subspan(k * area, area), from.size[0], from.size[1],
                                          position(x, 0), position(y, 1)));
  return out;
}

}  // namespace diffusion_recon
