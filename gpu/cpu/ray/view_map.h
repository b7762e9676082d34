#pragma once

#include "gpu/cpu/kernels/kernels.h"

#include <iso/geometry/projection_geometry.h>
#include <iso/geometry/voxel_grid.h>

#include <vector>

namespace iso::gpu::cpu {

/// `ProjectionGeometry::project` after `VoxelGrid::to_world`, as coefficients, for each view. `weighted`: with the weight
/// of Feldkamp, Davis and Kress.
[[nodiscard]] std::vector<ViewMap> map_views(const ProjectionGeometry& geometry, const VoxelGrid& grid, bool weighted);

}  // namespace iso::gpu::cpu
