#include "iso/geometry/voxel_grid.h"

#include "iso/base/error.h"
#include "iso/geometry/vec3.h"

namespace iso {

VoxelGrid VoxelGrid::centred(std::array<std::int64_t, 3> size, Vec3 spacing_mm) {
  VoxelGrid grid;
  grid.size = size;
  grid.spacing_mm = spacing_mm;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    grid.origin_mm[axis] = -0.5 * static_cast<double>(size[axis] - 1) * spacing_mm[axis];
  }
  return grid;
}

Vec3 VoxelGrid::to_world(const Vec3& index) const noexcept {
  Vec3 world = origin_mm;
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t axis = 0; axis < 3; ++axis)
      world[row] += direction[3 * row + axis] * spacing_mm[axis] * index[axis];
  }
  return world;
}

Vec3 VoxelGrid::centre_mm() const noexcept {
  return to_world({static_cast<double>(size[0] - 1) / 2, static_cast<double>(size[1] - 1) / 2,
                   static_cast<double>(size[2] - 1) / 2});
}

Vec3 VoxelGrid::to_index(const Vec3& world_mm) const noexcept {
  // The direction is a rotation, so its transpose is its inverse.
  const Vec3 offset = subtract(world_mm, origin_mm);
  Vec3 index{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    for (std::size_t row = 0; row < 3; ++row) index[axis] += direction[3 * row + axis] * offset[row];
    index[axis] /= spacing_mm[axis];
  }
  return index;
}

void check_grid(const VoxelGrid& grid) {
  for (std::size_t axis = 0; axis < 3; ++axis) {
    if (grid.size[axis] < 1 || !(grid.spacing_mm[axis] > 0) || !std::isfinite(grid.spacing_mm[axis]) ||
        !std::isfinite(grid.origin_mm[axis])) {
      throw Error{Errc::invalid_input,
                  "the voxel grid has size " + std::to_string(grid.size[axis]) + " and spacing " +
                      std::to_string(grid.spacing_mm[axis]) + " mm on axis " + std::to_string(axis) +
                      ", both must be positive",
                  "check the grid size and spacing"};
    }
  }
  for (std::size_t a = 0; a < 3; ++a) {
    for (std::size_t b = 0; b < 3; ++b) {
      double product = 0;
      for (std::size_t row = 0; row < 3; ++row) product += grid.direction[3 * row + a] * grid.direction[3 * row + b];
      if (!(std::abs(product - (a == b ? 1.0 : 0.0)) <= 1e-3)) {
        throw Error{
            Errc::invalid_input,
            "the direction of the voxel grid is not a rotation: " +
                (a == b ? "its axis " + std::to_string(a) + " is not of length 1"
                        : "its axes " + std::to_string(a) + " and " + std::to_string(b) + " are not at right angles"),
            "resample the image on an orthogonal grid"};
      }
    }
  }
}

}  // namespace iso
