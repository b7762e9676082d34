#pragma once

#include "iso/base/shape.h"
#include "iso/geometry/vec3.h"

#include <array>
#include <cstdint>

namespace iso {

/// Where voxels sit in the patient: LPS, millimetres.
struct VoxelGrid {
  std::array<std::int64_t, 3> size{1, 1, 1};  ///< x, y, z
  Vec3 spacing_mm{1, 1, 1};
  Vec3 origin_mm{};  ///< centre of voxel (0, 0, 0)
  Mat3 direction{identity3};

  /// A grid centred on the isocentre.
  [[nodiscard]] static VoxelGrid centred(std::array<std::int64_t, 3> size, Vec3 spacing_mm);
  [[nodiscard]] Shape shape() const { return Shape{size[0], size[1], size[2]}; }
  [[nodiscard]] Vec3 to_world(const Vec3& index) const noexcept;
  [[nodiscard]] Vec3 centre_mm() const noexcept;  ///< middle of the grid, between voxels where a size is even
  [[nodiscard]] Vec3 to_index(const Vec3& world_mm) const noexcept;
  friend bool operator==(const VoxelGrid&, const VoxelGrid&) = default;
};

/// Throws invalid_input unless sizes and spacings are positive and the direction is a rotation (1e-3).
void check_grid(const VoxelGrid& grid);

}  // namespace iso
