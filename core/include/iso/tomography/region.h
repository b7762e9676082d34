#pragma once

#include "iso/data/pixels.h"
#include "iso/geometry/voxel_grid.h"

#include <array>
#include <cstdint>
#include <span>

namespace iso::tomography {

/// A box of voxels of a grid. Iterative methods must reconstruct everything that the rays cross, so a region of interest is cut
/// out at the end.
struct Region {
  std::array<std::int64_t, 3> first{0, 0, 0};
  VoxelGrid grid;  ///< of the box
};

/// The voxels whose centres lie in the box about `centre_mm` (x, y[, z]; missing: the isocentre) of lengths `size_mm`; the
/// whole grid if `size_mm` is empty, and the whole axis where it says nothing. Throws invalid_input if no voxel is left.
[[nodiscard]] Region make_region(const VoxelGrid& grid, std::span<const double> centre_mm,
                                 std::span<const double> size_mm);

/// That part of a volume (x, y, z) of f32, in new memory.
[[nodiscard]] PixelBuffer cut(const Pixels& volume, const Region& region);

}  // namespace iso::tomography
