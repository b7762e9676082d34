#include "slice_turn.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace iso::gui {
namespace {

using render::Orientation;
using render::Plane;

double dot(const Vec3& a, const Vec3& b) noexcept { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
Vec3 cross(const Vec3& a, const Vec3& b) noexcept {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
Vec3 times(const Mat3& m, const Vec3& v) noexcept {
  return {m[0] * v[0] + m[1] * v[1] + m[2] * v[2], m[3] * v[0] + m[4] * v[1] + m[5] * v[2],
          m[6] * v[0] + m[7] * v[1] + m[8] * v[2]};
}
Vec3 unit(const Vec3& v) noexcept {
  const double length = std::sqrt(dot(v, v));
  return {v[0] / length, v[1] / length, v[2] / length};
}
Vec3 column(const Mat3& m, std::size_t k) noexcept { return {m[k], m[3 + k], m[6 + k]}; }
Mat3 of_columns(const Vec3& a, const Vec3& b, const Vec3& c) noexcept {
  return {a[0], b[0], c[0], a[1], b[1], c[1], a[2], b[2], c[2]};
}

/// Columns made orthonormal, so that many small turns stay a turn.
Mat3 orthonormal(const Mat3& m) {
  const Vec3 a = unit(column(m, 0));
  const Vec3 second = column(m, 1);
  const double along = dot(a, second);
  const Vec3 b = unit({second[0] - along * a[0], second[1] - along * a[1], second[2] - along * a[2]});
  return of_columns(a, b, cross(a, b));
}

Plane oblique(Plane plane, const Look& look) {
  const Vec3 up = turned(plane.up, plane.right, look.oblique_tilt_rad);
  plane.up = turned(up, {0, 0, 1}, look.oblique_turn_rad);
  plane.right = turned(plane.right, {0, 0, 1}, look.oblique_turn_rad);
  return plane;
}

}  // namespace

Vec3 turned(const Vec3& v, const Vec3& k, double angle_rad) {
  const double c = std::cos(angle_rad), s = std::sin(angle_rad), along = dot(k, v) * (1 - c);
  const Vec3 side = cross(k, v);
  return {v[0] * c + side[0] * s + k[0] * along, v[1] * c + side[1] * s + k[1] * along,
          v[2] * c + side[2] * s + k[2] * along};
}

Mat3 turned_about(const Mat3& turn, const Vec3& axis, double angle_rad) {
  return orthonormal(of_columns(turned(column(turn, 0), axis, angle_rad), turned(column(turn, 1), axis, angle_rad),
                                turned(column(turn, 2), axis, angle_rad)));
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
  if (!raster.anatomical || look.turn == identity3) return plane;
  const Vec3 from = plane.normal(), to = times(look.turn, from), side = cross(from, to);
  const double sine = std::sqrt(dot(side, side)), cosine = dot(from, to);
  if (sine < 1e-12 && cosine > 0) return plane;
  const Vec3 axis = sine < 1e-12 ? plane.right : unit(side);
  const double angle = std::atan2(sine, cosine);
  plane.right = turned(plane.right, axis, angle);
  plane.up = turned(plane.up, axis, angle);
  return plane;
}

std::vector<render::CrossAxis> cross_axes(const render::Raster& raster, Orientation orientation, const Look& look) {
  std::vector<render::CrossAxis> axes;
  if (!raster.anatomical) return axes;
  const Vec3 own = turned_plane(raster, orientation, look, {}).normal();
  for (const Orientation other : {Orientation::axial, Orientation::coronal, Orientation::sagittal}) {
    if (other == orientation) continue;
    const Vec3 along = cross(turned_plane(raster, other, look, {}).normal(), own);
    if (dot(along, along) > 1e-6) axes.push_back({unit(along), colour_of(other)});
  }
  return axes;
}

double turned_by_rad(const render::Raster& raster, Orientation orientation, const Look& look) {
  const double cosine =
      dot(standard_plane(raster, orientation, {}).normal(), turned_plane(raster, orientation, look, {}).normal());
  return std::acos(std::clamp(cosine, -1.0, 1.0));
}

}  // namespace iso::gui
