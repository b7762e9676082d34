#include "gpu/cpu/ray/view_map.h"

#include <iso/geometry/vec3.h>

#include <cmath>

namespace iso::gpu::cpu {
namespace {

/// gradient . (point - from) + constant as a function of the voxel index.
void set_affine(double (&out)[4], const VoxelGrid& grid, const Vec3& gradient, const Vec3& from, double constant) {
  out[0] = constant + dot(gradient, subtract(grid.origin_mm, from));
  for (std::size_t axis = 0; axis < 3; ++axis) {
    out[axis + 1] = 0;
    for (std::size_t row = 0; row < 3; ++row)
      out[axis + 1] += gradient[row] * grid.direction[3 * row + axis] * grid.spacing_mm[axis];
  }
}

/// What becomes of an offset on a flat detector: its element coordinates are offset . u and offset . v.
struct Plane {
  Vec3 normal, u, v;
  explicit Plane(const View& view) : normal{cross(view.u_step_mm, view.v_step_mm)} {
    const double area = dot(normal, normal);
    u = scale(1 / area, cross(view.v_step_mm, normal));
    v = scale(1 / area, cross(normal, view.u_step_mm));
  }
};

// The offset of the shadow is P - C less its part along the beam: affine in P.
void map_parallel(ViewMap& map, const View& view, const VoxelGrid& grid) {
  const Plane plane(view);
  const double facing = dot(view.source_mm, plane.normal);
  map.blind = facing == 0;
  const auto along = [&](const Vec3& axis) {
    return subtract(axis, scale(dot(view.source_mm, axis) / facing, plane.normal));
  };
  set_affine(map.u, grid, along(plane.u), view.detector_centre_mm, map.mid_u);
  set_affine(map.v, grid, along(plane.v), view.detector_centre_mm, map.mid_v);
  set_affine(map.w, grid, {0, 0, 0}, {0, 0, 0}, 1);
}

// With d = P - S, depth W = d . n and D = (C - S) . n, the shadow lies at S + D / W d: its coordinates times W are affine in d.
void map_flat(ViewMap& map, const View& view, const VoxelGrid& grid) {
  const Plane plane(view);
  const Vec3 to_centre = subtract(view.detector_centre_mm, view.source_mm);
  const double reach = dot(to_centre, plane.normal), isocentre = -dot(view.source_mm, plane.normal);
  // Weights are (isocentre / W)^2; W is scaled to be 1 where the weight is, and positive in front of the source.
  double unit = map.weighted ? isocentre : reach;
  if (unit * reach < 0) unit = -unit;
  map.blind = reach == 0 || unit == 0;
  const auto numerator = [&](double(&out)[4], const Vec3& axis, double mid) {
    const Vec3 gradient = add(scale(reach, axis), scale(mid - dot(to_centre, axis), plane.normal));
    set_affine(out, grid, scale(1 / unit, gradient), view.source_mm, 0);
  };
  numerator(map.u, plane.u, map.mid_u);
  numerator(map.v, plane.v, map.mid_v);
  set_affine(map.w, grid, scale(1 / unit, plane.normal), view.source_mm, 0);
}

void map_arc(ViewMap& map, const View& view, const VoxelGrid& grid) {
  const double v_step = std::sqrt(dot(view.v_step_mm, view.v_step_mm)),
               u_step = std::sqrt(dot(view.u_step_mm, view.u_step_mm));
  const Vec3 axis = scale(1 / v_step, view.v_step_mm);
  const Vec3 to_centre = subtract(view.detector_centre_mm, view.source_mm);
  const Vec3 arm = subtract(to_centre, scale(dot(to_centre, axis), axis)), across = cross(axis, arm);
  map.arc = true;
  map.radius2 = dot(arm, arm);
  map.u_scale = (dot(across, view.u_step_mm) >= 0 ? 1.0 : -1.0) * std::sqrt(map.radius2) / u_step;
  map.v_scale = 1 / v_step;
  map.v_shift = dot(to_centre, axis);
  set_affine(map.u, grid, across, view.source_mm, 0);
  set_affine(map.w, grid, arm, view.source_mm, 0);
  set_affine(map.v, grid, axis, view.source_mm, 0);
  map.unit_magnification = std::hypot(dot(across, view.source_mm), dot(arm, view.source_mm)) / map.radius2;
}

}  // namespace

std::vector<ViewMap> map_views(const ProjectionGeometry& geometry, const VoxelGrid& grid, bool weighted) {
  std::vector<ViewMap> maps;
  maps.reserve(geometry.views().size());
  const auto [nu, nv] = geometry.elements();
  for (const View& view : geometry.views()) {
    ViewMap map{};
    map.mid_u = 0.5 * static_cast<double>(nu - 1);
    map.mid_v = 0.5 * static_cast<double>(nv - 1);
    map.weighted = weighted;
    if (geometry.beam() == Beam::parallel)
      map_parallel(map, view, grid);
    else if (geometry.detector_shape() == DetectorShape::flat)
      map_flat(map, view, grid);
    else
      map_arc(map, view, grid);
    maps.push_back(map);
  }
  return maps;
}

}  // namespace iso::gpu::cpu
