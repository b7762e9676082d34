#pragma once

#include "iso/compute/operator_spec.h"
#include "iso/geometry/projection_geometry.h"
#include "iso/geometry/voxel_grid.h"

namespace iso::compute {

enum class Weighting : std::uint8_t {
  none,
  /// (depth of the isocentre / depth of the voxel)^2: the squared ratio of their magnifications. Depth is the distance
  /// from the source along the detector's normal (flat), or across the axis of its cylinder (arc). 1 for a parallel beam.
  fdk
};

/// Voxel-driven back-projection, sinogram (u, v, view) to volume: the sum over views of the reading at the voxel's
/// shadow, interpolated (bi)linearly on the detector; outside it readings are zero, with a linear ramp of one element.
/// A voxel at or behind the source throws no shadow. What filtered back-projection needs; it is not the adjoint of
/// RayTransform (its own adjoint is the matched scatter).
struct Backprojection {
  static constexpr std::string_view name = "back-projection";
  static constexpr Values values = Values::real;
  ProjectionGeometry geometry;
  VoxelGrid grid;
  Weighting weighting{Weighting::none};
  ScalarType type{ScalarType::f32};

  [[nodiscard]] ArraySpec domain() const { return {geometry.sinogram_shape(), type}; }
  [[nodiscard]] ArraySpec range() const { return {grid.shape(), type}; }
  [[nodiscard]] static Magnitude magnitude() { return {Magnitude::Rule::non_negative, 0, 0}; }
  void check() const;  ///< throws invalid_input: no views, a grid without sense
};

}  // namespace iso::compute
