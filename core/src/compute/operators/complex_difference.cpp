#include "iso/compute/operators/complex_difference.h"

#include "description_impl.h"

namespace iso::compute {

ArraySpec ComplexDifference::range() const {
  std::vector<std::int64_t> extents(grid.extents().begin(), grid.extents().end());
  extents.push_back(static_cast<std::int64_t>(axes.size()));
  return {Shape{std::span<const std::int64_t>{extents}}, type};
}

void ComplexDifference::check() const { detail::expect_axes(name, grid, axes); }

}  // namespace iso::compute
