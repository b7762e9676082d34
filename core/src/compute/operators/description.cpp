#include "description_impl.h"

#include <algorithm>

namespace iso::compute::detail {

void expect_axes(std::string_view name, const Shape& grid, const std::vector<std::size_t>& axes) {
  const std::string who = "the " + std::string{name};
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const bool repeated = std::find(axes.begin(), axes.begin() + static_cast<std::ptrdiff_t>(i), axes[i]) !=
                          axes.begin() + static_cast<std::ptrdiff_t>(i);
    if (axes[i] >= grid.rank() || repeated) {
      throw Error{Errc::invalid_input, who + " names axis " + std::to_string(axes[i]) +
                                           (repeated ? " twice" : ", the array has " + std::to_string(grid.rank()))};
    }
  }
  if (axes.empty()) throw Error{Errc::invalid_input, who + " names no axis"};
}

void expect_scan(const ProjectionGeometry& geometry, const VoxelGrid& grid) {
  check_grid(grid);
  if (geometry.views().empty()) throw Error{Errc::invalid_input, "the scan has no views"};
}

}  // namespace iso::compute::detail
