#include "iso/tomography/field_of_view.h"

#include "iso/base/checked.h"
#include "iso/base/error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <locale>
#include <sstream>

namespace iso::tomography {
namespace {

// Distance of a ray from the axis of rotation (z through the isocentre), seen in the plane of rotation.
double axis_distance(const Ray& ray) {
  const double across = std::hypot(ray.direction[0], ray.direction[1]);
  return std::abs(ray.origin_mm[0] * ray.direction[1] - ray.origin_mm[1] * ray.direction[0]) / std::max(across, 1e-300);
}

double length(const Vec3& v) { return std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]); }

}  // namespace

FieldOfView field_of_view(const ProjectionGeometry& geometry) {
  if (geometry.views().empty())
    throw Error(Errc::invalid_input, "the scan has no views", "give a scan with its geometry");
  const auto [nu, nv] = geometry.elements();
  const double last_u = static_cast<double>(nu) - 0.5;
  const double mid_v = 0.5 * static_cast<double>(nv - 1);
  FieldOfView seen{std::numeric_limits<double>::max(), 0, 0};
  double resolution = 0;
  for (std::size_t b = 0; b < geometry.views().size(); ++b) {
    // The wider side counts: a displaced detector sees the rest of the circle from the opposite view.
    const double reach =
        std::max(axis_distance(geometry.ray(b, -0.5, mid_v)), axis_distance(geometry.ray(b, last_u, mid_v)));
    seen.radius_mm = std::min(seen.radius_mm, reach);
    const double magnification = geometry.project(b, Vec3{0, 0, 0})[2];
    resolution += length(geometry.views()[b].u_step_mm) / std::max(magnification, 1e-9);
    const double rows = length(geometry.views()[b].v_step_mm) / std::max(magnification, 1e-9);
    seen.half_height_mm = std::max(seen.half_height_mm, 0.5 * rows * static_cast<double>(nv));
  }
  seen.resolution_mm = resolution / static_cast<double>(geometry.views().size());
  return seen;
}

namespace {

/// At least one; more than any memory holds is a mistake in the spacing.
std::int64_t voxels_across(double count, double spacing_mm) {
  constexpr double most = 1e6;
  const auto whole = to_whole<std::int64_t>(count);
  if (!whole || count > most) {
    std::ostringstream text;
    text.imbue(std::locale::classic());
    text << "a spacing of " << spacing_mm << " mm divides the field of view into " << count << " voxels along an axis";
    throw Error{Errc::invalid_input, text.str(), "choose a larger spacing_mm"};
  }
  return std::max<std::int64_t>(1, *whole);
}

}  // namespace

VoxelGrid reconstruction_grid(const ProjectionGeometry& geometry, std::int64_t size, double spacing_mm) {
  const auto seen = field_of_view(geometry);
  if (spacing_mm <= 0) {
    spacing_mm = size > 0 ? 2 * seen.radius_mm / static_cast<double>(size) : seen.resolution_mm;
  }
  if (size <= 0) size = voxels_across(std::ceil(2 * seen.radius_mm / spacing_mm - 1e-6), spacing_mm);
  std::int64_t slices = 1;
  double slice_mm = spacing_mm;
  if (geometry.elements()[1] > 1) {
    slices = voxels_across(std::floor(2 * seen.half_height_mm / spacing_mm + 1e-6), spacing_mm);
    // Parallel rows are slices of their own: one slice a row, so that nothing is resampled along the axis.
    if (geometry.beam() == Beam::parallel) {
      slices = geometry.elements()[1];
      slice_mm = geometry.pitch_v_mm();
    }
  }
  return VoxelGrid::centred({size, size, slices}, {spacing_mm, spacing_mm, slice_mm});
}

void mask_outside(std::span<float> values, const VoxelGrid& grid, double radius_mm, float outside) {
  std::size_t at = 0;
  for (std::int64_t z = 0; z < grid.size[2]; ++z) {
    for (std::int64_t y = 0; y < grid.size[1]; ++y) {
      for (std::int64_t x = 0; x < grid.size[0]; ++x, ++at) {
        const auto p = grid.to_world({static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)});
        if (std::hypot(p[0], p[1]) > radius_mm) values[at] = outside;
      }
    }
  }
}

}  // namespace iso::tomography
