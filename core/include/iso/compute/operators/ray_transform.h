#pragma once

#include "iso/compute/operator_spec.h"
#include "iso/geometry/projection_geometry.h"
#include "iso/geometry/voxel_grid.h"

namespace iso::compute {

enum class RayModel : std::uint8_t { joseph };

/// Line integrals of a volume (x, y, z) along every ray of a scan: a sinogram (u, v, view), value times mm.
/// Joseph's method: the ray is followed along its steepest axis, in steps of one voxel, and the volume is
/// interpolated (bi)linearly across it; outside the grid the volume is zero, with a linear ramp of one voxel.
/// Source: P. M. Joseph, IEEE Trans. Med. Imaging 1 (1982) 192.
struct RayTransform {
  static constexpr std::string_view name = "ray transform";
  static constexpr Values values = Values::real;
  ProjectionGeometry geometry;
  VoxelGrid grid;
  RayModel model{RayModel::joseph};
  ScalarType type{ScalarType::f32};

  [[nodiscard]] ArraySpec domain() const { return {grid.shape(), type}; }
  [[nodiscard]] ArraySpec range() const { return {geometry.sinogram_shape(), type}; }
  [[nodiscard]] static Magnitude magnitude() { return {Magnitude::Rule::non_negative, 0, 0}; }
  void check() const;  ///< throws invalid_input: no views, a grid without sense
};

}  // namespace iso::compute
