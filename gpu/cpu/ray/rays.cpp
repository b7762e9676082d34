#include "gpu/cpu/ray/rays.h"

#include <algorithm>
#include <cmath>

namespace iso::gpu::cpu {
namespace {

/// A ray in voxels: where it starts, and how far it goes a millimetre. Computed as the reference does, so that a ray at
/// 45 degrees takes the same axis for its steepest.
struct Line {
  Vec3 from{}, step{};
  Line(const Ray& ray, const VoxelGrid& grid) : from{grid.to_index(ray.origin_mm)} {
    Vec3 ahead = ray.origin_mm;
    for (std::size_t i = 0; i < 3; ++i) ahead[i] += ray.direction[i];
    const Vec3 to = grid.to_index(ahead);
    for (std::size_t i = 0; i < 3; ++i) step[i] = to[i] - from[i];
  }
  [[nodiscard]] std::size_t steepest() const {
    std::size_t major = 0;
    for (std::size_t axis = 1; axis < 3; ++axis) {
      if (std::abs(step[axis]) > std::abs(step[major])) major = axis;
    }
    return major;
  }
};

/// Narrows [first, last] to the planes at which at_0 + plane * by lies in [-1, size].
void clip(double at_0, double by, std::int64_t size, double& first, double& last) {
  const auto high = static_cast<double>(size);
  if (by == 0) {
    if (!(at_0 >= -1 && at_0 <= high)) last = first - 1;
    return;
  }
  const double p = (-1 - at_0) / by, q = (high - at_0) / by;
  first = std::max(first, std::ceil(std::min(p, q)));
  last = std::min(last, std::floor(std::max(p, q)));
}

bool make_entry(const Line& line, const VoxelGrid& grid, std::size_t major, bool planar, RayEntry& entry) {
  const auto [m, fast, slow] = axes_along[major];
  const double inverse = 1 / line.step[m];
  entry.fast_step = line.step[fast] * inverse;
  entry.fast_at_0 = line.from[fast] - line.from[m] * entry.fast_step;
  entry.slow_step = line.step[slow] * inverse;
  entry.slow_at_0 = line.from[slow] - line.from[m] * entry.slow_step;
  entry.length_mm = std::abs(inverse);
  double first = 0, last = static_cast<double>(grid.size[m] - 1);
  clip(entry.fast_at_0, entry.fast_step, grid.size[fast], first, last);
  if (!planar) clip(entry.slow_at_0, entry.slow_step, grid.size[slow], first, last);
  if (!(first <= last)) return false;
  entry.first = static_cast<std::int32_t>(first);
  entry.last = static_cast<std::int32_t>(last);
  return true;
}

}  // namespace

void RayBunch::trace(const ProjectionGeometry& geometry, const VoxelGrid& grid, std::size_t view, std::int64_t v_from,
                     std::int64_t v_to, std::uint32_t reading, bool planar) {
  std::array<std::size_t, 3> counts{};
  const auto nu = geometry.elements()[0];
  // Three passes over the few rows keep the rays of an axis together without a second list.
  std::size_t used = 0;
  std::vector<std::uint8_t> majors(static_cast<std::size_t>(nu * (v_to - v_from)));
  std::vector<Line> lines;
  lines.reserve(majors.size());
  for (std::int64_t v = v_from; v < v_to; ++v) {
    for (std::int64_t u = 0; u < nu; ++u) {
      lines.emplace_back(geometry.ray(view, static_cast<double>(u), static_cast<double>(v)), grid);
      majors[lines.size() - 1] = static_cast<std::uint8_t>(lines.back().steepest());
      ++counts[majors[lines.size() - 1]];
    }
  }
  for (std::size_t major = 0; major < 3; ++major) {
    starts_[major] = used;
    if (counts[major] == 0) continue;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (majors[i] != major) continue;
      entries_[used].reading = reading + static_cast<std::uint32_t>(i);
      if (make_entry(lines[i], grid, major, planar, entries_[used])) ++used;
    }
  }
  starts_[3] = used;
}

std::optional<std::vector<double>> find_row_slices(const ProjectionGeometry& geometry, const VoxelGrid& grid) {
  const auto [nu, nv] = geometry.elements();
  if (geometry.beam() != Beam::parallel && nv > 1) return std::nullopt;
  // Rows are equally spaced, so the first and the last tell of all. A nanometre of a voxel over the grid does not matter.
  constexpr double tolerance = 1e-9;
  const auto reach = static_cast<double>(std::max(grid.size[0], grid.size[1]));
  std::array<double, 2> ends{};
  for (std::size_t view = 0; view < geometry.views().size(); ++view) {
    for (std::size_t end = 0; end < 2; ++end) {
      const double v = end == 0 ? 0 : static_cast<double>(nv - 1);
      for (const double u : {0.0, 0.5 * static_cast<double>(nu - 1), static_cast<double>(nu - 1)}) {
        const Line line(geometry.ray(view, u, v), grid);
        const double steep = std::max(std::abs(line.step[0]), std::abs(line.step[1]));
        if (!(std::abs(line.step[2]) * reach <= tolerance * steep)) return std::nullopt;
        if (view == 0 && u == 0) ends[end] = line.from[2];
        if (!(std::abs(line.from[2] - ends[end]) <= tolerance)) return std::nullopt;
      }
    }
  }
  std::vector<double> slices(static_cast<std::size_t>(nv), ends[0]);
  for (std::size_t v = 1; v < slices.size(); ++v) {
    slices[v] += (ends[1] - ends[0]) * static_cast<double>(v) / static_cast<double>(nv - 1);
  }
  for (double& z : slices) {
    if (std::abs(z - std::round(z)) < tolerance) z = std::round(z);
  }
  return slices;
}

}  // namespace iso::gpu::cpu
