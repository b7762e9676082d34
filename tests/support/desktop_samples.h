#pragma once

#include "gui/model/document.h"

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

}  // namespace iso::gui::test
