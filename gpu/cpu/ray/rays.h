#pragma once

#include "gpu/cpu/kernels/kernels.h"

#include <iso/geometry/projection_geometry.h>
#include <iso/geometry/voxel_grid.h>

#include <array>
#include <optional>
#include <span>
#include <vector>

namespace iso::gpu::cpu {

/// Which axes of the grid are (steepest, fast, slow): planes across the steepest axis are stored with `fast` contiguous.
struct Axes {
  std::size_t major, fast, slow;
};
inline constexpr std::array<Axes, 3> axes_along{{{0, 1, 2}, {1, 0, 2}, {2, 0, 1}}};

/// Rays of consecutive readings that meet the grid, those of one steepest axis together.
class RayBunch {
 public:
  explicit RayBunch(std::size_t rays) : entries_(rays) {}
  /// Rays of the elements [0, u) in rows [v_from, v_to) of a view. Readings are numbered from `reading`. If `planar`, the
  /// grid's third axis is not looked at.
  void trace(const ProjectionGeometry& geometry, const VoxelGrid& grid, std::size_t view, std::int64_t v_from,
             std::int64_t v_to, std::uint32_t reading, bool planar);
  [[nodiscard]] std::span<const RayEntry> along(std::size_t major) const noexcept {
    return {entries_.data() + starts_[major], starts_[major + 1] - starts_[major]};
  }
  [[nodiscard]] std::size_t capacity() const noexcept { return entries_.size(); }

 private:
  std::vector<RayEntry> entries_;
  std::array<std::size_t, 4> starts_{};
};

/// If every ray of a scan runs within a plane of constant z index, the same for a detector row in all views: those z
/// indices, one a row. Such a scan is computed slice by slice.
[[nodiscard]] std::optional<std::vector<double>> find_row_slices(const ProjectionGeometry& geometry,
                                                                 const VoxelGrid& grid);

}  // namespace iso::gpu::cpu
