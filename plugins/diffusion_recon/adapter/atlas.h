#pragma once

#include <iso/data/volume.h>
#include <iso/geometry/voxel_grid.h>

namespace diffusion_recon {

/// Throws invalid_input for a volume without pixels; `what` names it.
void require_pixels(const iso::Volume& volume, const char* what);

/// A value in units of water, 0 for vacuum and 1 for water. Throws invalid_input for a quantity that is neither attenuation nor Hounsfield units;
/// `what` names whose values they are.
[[nodiscard]] double to_water(double value, iso::Quantity quantity, double water_per_mm, const char* what);

/// The slices of a volume as images (x, y, n) on the pixels of `grid`, f32, in units of water: bilinear, the centres of both on each other, air
/// outside. Throws invalid_input for values that are neither attenuation nor Hounsfield units.
[[nodiscard]] iso::Pixels make_atlas(const iso::Volume& volume, const iso::VoxelGrid& grid, double water_per_mm);

}  // namespace diffusion_recon
