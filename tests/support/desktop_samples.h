#pragma once

#include "gui/model/document.h"

#include <algorithm>
#include <cmath>

namespace iso::gui::test {

/// Value of voxel (x, y, z) by a function of its place in mm.
template <class F>
DatasetPtr volume(std::array<std::int64_t, 3> size, Vec3 spacing, F&& f) {
  Volume data;
  data.grid = VoxelGrid::centred(size, spacing);
  PixelBuffer buffer = PixelBuffer::allocate({data.grid.shape(), ScalarType::f32});
  auto values = buffer.values<float>();
  std::size_t at = 0;
  for (std::int64_t z = 0; z < size[2]; ++z)
    for (std::int64_t y = 0; y < size[1]; ++y)
      for (std::int64_t x = 0; x < size[0]; ++x)
        values[at++] = static_cast<float>(
            f(data.grid.to_world({static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)})));
  data.quantity = Quantity::hounsfield;
  data.pixels = std::move(buffer);
  return freeze(std::move(data));
}

inline DatasetPtr ball(std::int64_t side = 32, double radius = 10) {
  return volume({side, side, side}, {1, 1, 1},
                [=](const Vec3& p) { return std::hypot(p[0], p[1], p[2]) <= radius ? 100.0 : 0.0; });
}

/// Two materials and a mixture of both between them: vegetation left, soil right, 24 bands from 450 to 910 nm. The row y = 0
/// has no spectrum.
inline SpectralCube two_materials(std::int64_t width = 40, std::int64_t height = 30) {
  constexpr std::int64_t bands = 24;
  SpectralCube cube;
  cube.bands = {"wavelength", "nm", {}, 450, 20};
  cube.quantity = Quantity::reflectance;
  PixelBuffer pixels = PixelBuffer::allocate({Shape{width, height, bands}, ScalarType::f32});
  PixelBuffer mask = PixelBuffer::allocate({Shape{width, height}, ScalarType::u8});
  std::size_t at = 0;
  for (std::int64_t band = 0; band < bands; ++band)
    for (std::int64_t y = 0; y < height; ++y)
      for (std::int64_t x = 0; x < width; ++x) {
        const double nm = 450 + 20.0 * static_cast<double>(band);
        const double leaf = (nm < 700 ? 0.05 : 0.5) + 0.07 * std::exp(-std::pow((nm - 550) / 30, 2));
        const double soil = 0.1 + 0.3 * (nm - 450) / 460;
        const double part = std::clamp((static_cast<double>(x) - 15) / 10, 0.0, 1.0);
        pixels.values<float>()[at++] = static_cast<float>((1 - part) * leaf + part * soil);
        mask.values<std::uint8_t>()[static_cast<std::size_t>(y * width + x)] = y > 0 ? 1 : 0;
      }
  cube.pixels = std::move(pixels);
  cube.mask = std::move(mask);
  return cube;
}

}  // namespace iso::gui::test
