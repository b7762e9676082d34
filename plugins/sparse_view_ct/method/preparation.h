#pragma once

#include <iso/data/dataset.h>
#include <iso/geometry/projection_geometry.h>
#include <iso/geometry/voxel_grid.h>

#include <cstdint>
#include <span>
#include <vector>

namespace sparse_view_ct {

/// `keep` of `total` views, as equally spaced as whole numbers allow: floor(i * total / keep). All of them if keep is 0.
/// Throws invalid_input if more views are asked for than there are, or fewer than one.
[[nodiscard]] std::vector<std::int64_t> equally_spaced_views(std::int64_t total, std::int64_t keep);

/// The sinogram with only the listed views, readings and geometry alike.
[[nodiscard]] iso::Sinogram keep_views(const iso::Sinogram& scan, const std::vector<std::int64_t>& views);

/// What the detector sees from every side: the largest circle about the rotation axis that all rays of all
/// views cover on at least one side, and the voxel size that matches one detector element there.
struct FieldOfView {
  double radius_mm{0};
  double half_height_mm{0};  ///< along the rotation axis; half a row for one detector row
  double resolution_mm{0};   ///< detector pitch at the rotation axis
};
[[nodiscard]] FieldOfView field_of_view(const iso::ProjectionGeometry& geometry);

/// Grid of the reconstruction. `size` voxels across (0: as many as the field of view needs at `spacing_mm`; both 0: one voxel
/// a detector element). A scan of one detector row gives one slice.
[[nodiscard]] iso::VoxelGrid reconstruction_grid(const iso::ProjectionGeometry& geometry, std::int64_t size,
                                                 double spacing_mm);

/// Standard deviation of the noise of the readings: median absolute value of the third difference along u, which
/// is blind to anything locally quadratic, over 0.6745 sqrt(20). Our completion; rows of fewer than five
/// elements give 0.
[[nodiscard]] double noise_level(const iso::PixelBlock& readings);

/// mu in 1/mm to Hounsfield units, HU = 1000 (mu - mu_water) / mu_water; and the mask of the field of view.
void to_hounsfield(std::span<float> attenuation, double water_per_mm);
void mask_outside(std::span<float> values, const iso::VoxelGrid& grid, double radius_mm, float outside);

}  // namespace sparse_view_ct
