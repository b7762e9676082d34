#pragma once

#include "iso/base/error.h"
#include "iso/base/shape.h"
#include "iso/geometry/projection_geometry.h"
#include "iso/geometry/voxel_grid.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace iso::compute::detail {

/// Throws invalid_input unless `axes` are axes of `grid`, each once, and at least one.
void expect_axes(std::string_view name, const Shape& grid, const std::vector<std::size_t>& axes);
/// Throws invalid_input for a scan without views or a grid without sense.
void expect_scan(const ProjectionGeometry& geometry, const VoxelGrid& grid);

}  // namespace iso::compute::detail
