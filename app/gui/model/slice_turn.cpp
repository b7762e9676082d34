#include "slice_turn.h"

#include "iso/geometry/vec3.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace iso::gui {
namespace {

using render::Orientation;
using render::Plane;

Mat3 of_columns(const Vec3& a, const Vec3& b, const Vec3& c) noexcept {
  return {a[0], b[0], c[0], a[1], b[1], c[1], a[2], b[2], c[2]};
}

/// Columns made orthonormal, so that many small turns stay a turn.
Mat3 orthonormal(const Mat3& m) {
  const Vec3 a = normalize(column(m, 0));
  const Vec3 second = column(m, 1);
  const double along = dot(a, second);
  const Vec3 b = normalize({second[0] - along * a[0], second[1] - along * a[1], second[2] - along * a[2]});
  return of_columns(a, b, cross(a, b));
}

Plane oblique(Plane plane, const Look& look) {
  const Vec3 up = rotate(plane.up, plane.right, look.planes.oblique_tilt_rad);
  plane.up = rotate(up, {0, 0, 1}, look.planes.oblique_turn_rad);
  plane.right = rotate(plane.right, {0, 0, 1}, look.planes.oblique_turn_rad);
  return plane;
}

}  // namespace

Mat3 turned_about(const Mat3& turn, const Vec3& axis, double angle_rad) {
  return orthonormal(of_columns(rotate(column(turn, 0), axis, angle_rad), rotate(column(turn, 1), axis, angle_rad),
                                rotate(column(turn, 2), axis, angle_rad)));
}

Mat3 near_rotation(const Mat3& matrix) {
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t k = 0; k <= i; ++k)
      if (!(std::abs(dot(column(matrix, i), column(matrix, k)) - (i == k ? 1 : 0)) < 1e-3)) return identity3;
  if (dot(cross(column(matrix, 0), column(matrix, 1)), column(matrix, 2)) < 0) return identity3;
  return orthonormal(matrix);
}

Plane turned_plane(const render::Raster& raster, Orientation orientation, const Look& look, const Vec3& through_mm) {
  Plane plane = standard_plane(raster, orientation, through_mm);
  if (orientation == Orientation::oblique) return oblique(plane, look);
  if (!raster.anatomical || look.planes.turn == identity3) return plane;
  const Vec3 from = plane.normal(), to = multiply(look.planes.turn, from), side = cross(from, to);
  const double sine = std::sqrt(dot(side, side)), cosine = dot(from, to);
  if (sine < 1e-12 && cosine > 0) return plane;
  const Vec3 axis = sine < 1e-12 ? plane.right : normalize(side);
  const double angle = std::atan2(sine, cosine);
  plane.right = rotate(plane.right, axis, angle);
  plane.up = rotate(plane.up, axis, angle);
  return plane;
}

std::vector<render::CrossAxis> cross_axes(const render::Raster& raster, Orientation orientation, const Look& look) {
  std::vector<render::CrossAxis> axes;
  if (!raster.anatomical) return axes;
  const Vec3 own = turned_plane(raster, orientation, look, {}).normal();
  for (const Orientation other : {Orientation::axial, Orientation::coronal, Orientation::sagittal}) {
    if (other == orientation) continue;
    const Vec3 along = cross(turned_plane(raster, other, look, {}).normal(), own);
    if (dot(along, along) > 1e-6) axes.push_back({normalize(along), to_colour(other)});
  }
  return axes;
}

double turned_by_rad(const render::Raster& raster, Orientation orientation, const Look& look) {
  const double cosine =
      dot(standard_plane(raster, orientation, {}).normal(), turned_plane(raster, orientation, look, {}).normal());
  return std::acos(std::clamp(cosine, -1.0, 1.0));
}

}  // namespace iso::gui
