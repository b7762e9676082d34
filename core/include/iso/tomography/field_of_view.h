#pragma once

#include "iso/geometry/projection_geometry.h"
#include "iso/geometry/voxel_grid.h"

#include <cstdint>
#include <span>

namespace iso::tomography {

/// What the detector sees from every side: the largest circle about the rotation axis (z through the isocentre) that the rays of
/// all views reach on at least one side, and the voxel size that matches one detector element there.
struct FieldOfView {
  double radius_mm{0};
  double half_height_mm{0};  ///< along the rotation axis; half a row for one detector row
  double resolution_mm{0};   ///< detector pitch at the rotation axis
};
/// Throws invalid_input for a scan without views.
[[nodiscard]] FieldOfView field_of_view(const ProjectionGeometry& geometry);

/// Grid of a reconstruction, centred on the isocentre. `size` voxels across (0: as many as the field of view needs at
/// `spacing_mm`; both 0: one voxel a detector element). A scan of one detector row gives one slice, a stack of parallel rows one
/// slice a row. Throws invalid_input for a scan without views.
[[nodiscard]] VoxelGrid reconstruction_grid(const ProjectionGeometry& geometry, std::int64_t size, double spacing_mm);

/// Puts `outside` where a voxel (x, y, z) of the grid lies further than `radius_mm` from the rotation axis.
void mask_outside(std::span<float> values, const VoxelGrid& grid, double radius_mm, float outside);

}  // namespace iso::tomography
