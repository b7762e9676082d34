#include "method/preparation.h"

#include <iso/base/error.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

namespace sparse_view_ct {
namespace {

using iso::Errc;
using iso::Error;

double length(const iso::Vec3& v) { return std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]); }

// Distance of a ray from the axis of rotation (z through the isocentre), seen in the plane of rotation.
double axis_distance(const iso::Ray& ray) {
  const double across = std::hypot(ray.direction[0], ray.direction[1]);
  return std::abs(ray.origin_mm[0] * ray.direction[1] - ray.origin_mm[1] * ray.direction[0]) / std::max(across, 1e-300);
}

}  // namespace

std::vector<std::int64_t> equally_spaced_views(std::int64_t total, std::int64_t keep) {
  if (keep < 0 || keep > total || total < 1) {
    throw Error(Errc::invalid_input,
                "asked for " + std::to_string(keep) + " views, the scan has " + std::to_string(total),
                "pass --use-views between 1 and " + std::to_string(total) + ", or 0 for all");
  }
  if (keep == 0) keep = total;
  std::vector<std::int64_t> views(static_cast<std::size_t>(keep));
  for (std::int64_t i = 0; i < keep; ++i) views[static_cast<std::size_t>(i)] = i * total / keep;
  return views;
}

iso::Sinogram keep_views(const iso::Sinogram& scan, const std::vector<std::int64_t>& views) {
  const auto shape = scan.readings.spec().shape;
  iso::Sinogram kept{scan};
  kept.geometry = scan.geometry.subset(views);
  const iso::ArraySpec spec{iso::Shape{shape[0], shape[1], static_cast<std::int64_t>(views.size())},
                            scan.readings.spec().type};
  kept.readings = iso::PixelBlock::allocate(spec);
  const auto view_bytes = spec.bytes() / views.size();
  auto* out = kept.readings.mutable_data();
  for (std::size_t i = 0; i < views.size(); ++i) {
    std::memcpy(out + i * view_bytes, scan.readings.data() + static_cast<std::size_t>(views[i]) * view_bytes,
                view_bytes);
  }
  return kept;
}

FieldOfView field_of_view(const iso::ProjectionGeometry& geometry) {
  const auto [nu, nv] = geometry.elements();
  const double last_u = static_cast<double>(nu) - 0.5;
  const double mid_v = 0.5 * static_cast<double>(nv - 1);
  FieldOfView view_of{std::numeric_limits<double>::max(), 0, 0};
  double resolution = 0;
  for (std::size_t b = 0; b < geometry.views().size(); ++b) {
    // The wider side counts: a displaced detector sees the rest of the circle from the opposite view.
    const double reach =
        std::max(axis_distance(geometry.ray(b, -0.5, mid_v)), axis_distance(geometry.ray(b, last_u, mid_v)));
    view_of.radius_mm = std::min(view_of.radius_mm, reach);
    const double magnification = geometry.project(b, iso::Vec3{0, 0, 0})[2];
    resolution += length(geometry.views()[b].u_step_mm) / std::max(magnification, 1e-9);
    const double rows = length(geometry.views()[b].v_step_mm) / std::max(magnification, 1e-9);
    view_of.half_height_mm = std::max(view_of.half_height_mm, 0.5 * rows * static_cast<double>(nv));
  }
  view_of.resolution_mm = resolution / static_cast<double>(geometry.views().size());
  return view_of;
}

iso::VoxelGrid reconstruction_grid(const iso::ProjectionGeometry& geometry, std::int64_t size, double spacing_mm) {
  const auto seen = field_of_view(geometry);
  if (spacing_mm <= 0) {
    spacing_mm = size > 0 ? 2 * seen.radius_mm / static_cast<double>(size) : seen.resolution_mm;
  }
  if (size <= 0) size = static_cast<std::int64_t>(std::ceil(2 * seen.radius_mm / spacing_mm - 1e-6));
  std::int64_t slices = 1;
  double slice_mm = spacing_mm;
  if (geometry.elements()[1] > 1) {
    slices =
        std::max<std::int64_t>(1, static_cast<std::int64_t>(std::floor(2 * seen.half_height_mm / spacing_mm + 1e-6)));
    // Parallel rows are slices of their own: one slice a row, so that nothing is resampled along the axis.
    if (geometry.beam() == iso::Beam::parallel) {
      slices = geometry.elements()[1];
      slice_mm = geometry.pitch_v_mm();
    }
  }
  return iso::VoxelGrid::centred({size, size, slices}, {spacing_mm, spacing_mm, slice_mm});
}

double noise_level(const iso::PixelBlock& readings) {
  const auto shape = readings.spec().shape;
  const auto values = readings.values<float>();
  const auto nu = static_cast<std::size_t>(shape[0]);
  if (nu < 5) return 0;
  std::vector<float> differences;
  differences.reserve(values.size());
  for (std::size_t row = 0; row + nu <= values.size(); row += nu) {
    for (std::size_t u = row; u + 3 < row + nu; ++u) {
      differences.push_back(std::abs(values[u + 3] - 3 * values[u + 2] + 3 * values[u + 1] - values[u]));
    }
  }
  const auto middle = differences.begin() + static_cast<std::ptrdiff_t>(differences.size() / 2);
  std::nth_element(differences.begin(), middle, differences.end());
  return *middle / (0.6745 * std::sqrt(20.0));
}

void to_hounsfield(std::span<float> attenuation, double water_per_mm) {
  for (auto& value : attenuation) value = static_cast<float>(1000.0 * (value - water_per_mm) / water_per_mm);
}

void mask_outside(std::span<float> values, const iso::VoxelGrid& grid, double radius_mm, float outside) {
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

}  // namespace sparse_view_ct
