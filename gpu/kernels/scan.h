#pragma once

#include "gpu/kernels/index.h"

#include <array>

/// A scan and its grid as kernels see them: every view in the index space of the grid, so that a voxel is a whole number.
namespace iso::gpu {

enum class ScanKind : std::int32_t { parallel, flat, arc };

/// What all views share.
template <class R>
struct Scan {
  ScanKind kind;
  std::int64_t size[3];  ///< voxels
  R spacing_mm[3];
  std::int64_t nu, nv, views;
  R mid_u, mid_v;  ///< (n - 1) / 2
};

/// One view. `source` is the direction of travel of a parallel beam. An element lies at
///   parallel  centre + du u_step + dv v_step
///   flat      source + centre + du u_step + dv v_step
///   arc       source + centre + cos(t) u_step + sin(t) w_step + dv v_step,  t = du angle_step
/// with du = u - mid_u, dv = v - mid_v. `shadow` has three rows over (x, y, z, 1) of a voxel:
///   parallel, flat  (u w, v w, w), w being 1 over the magnification
///   arc             components along the arm to the detector's centre, along its turn, and along its axis, in mm
template <class R>
struct ScanView {
  R source[3], centre[3], u_step[3], v_step[3], w_step[3];
  R angle_step;  ///< arc: angle of one element
  R shadow[12];
  R radius, along, pitch_v;  ///< arc: v = mid_v + (height radius / reach - along) / pitch_v
  R isocentre;               ///< w of the isocentre; its reach for an arc
};

/// Where a voxel's shadow falls.
template <class R>
struct Shadow {
  R u, v, w;
};  ///< w: 1 over the magnification up to a constant of the view (that of `isocentre`)

template <class R>
ISO_HOST_DEVICE R apply_row(const R* m, R x, R y, R z) noexcept {
  return fused(m[0], x, fused(m[1], y, fused(m[2], z, m[3])));
}

template <class R>
ISO_HOST_DEVICE Shadow<R> make_shadow(const Scan<R>& scan, const ScanView<R>& view, R x, R y, R z) noexcept {
  const R a = apply_row(view.shadow, x, y, z), b = apply_row(view.shadow + 4, x, y, z),
          c = apply_row(view.shadow + 8, x, y, z);
  if (scan.kind != ScanKind::arc) return {a / c, b / c, c};
  const R reach = sqrt(fused(a, a, b * b));
  return {scan.mid_u + atan2(b, a) / view.angle_step,
          scan.mid_v + (c * view.radius / reach - view.along) / view.pitch_v, reach};
}

/// Column, row and slice of a voxel, as numbers.
template <class R>
ISO_HOST_DEVICE void to_index(const Scan<R>& scan, std::int64_t voxel, R (&x)[3]) noexcept {
  x[0] = static_cast<R>(voxel % scan.size[0]);
  x[1] = static_cast<R>(voxel / scan.size[0] % scan.size[1]);
  const std::int64_t slice = voxel / scan.size[0] / scan.size[1];
  x[2] = static_cast<R>(slice);
}

/// A range along each of two axes, both ends included.
struct Box {
  std::int64_t a_low, a_high, b_low, b_high;
};

// Below: made by the host, once a scan, in double.

using Triple = std::array<double, 3>;

/// Grid and scan in plain numbers, millimetres; `direction` row-major.
struct ScanSource {
  ScanKind kind;
  std::array<std::int64_t, 2> elements;
  std::int64_t views;
  std::array<std::int64_t, 3> size;
  Triple spacing_mm, origin_mm;
  std::array<double, 9> direction;
};
struct ViewSource {
  Triple source, centre, u_step, v_step;
};

namespace detail {
inline double dot(const Triple& a, const Triple& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
inline Triple sub(const Triple& a, const Triple& b) { return {a[0] - b[0], a[1] - b[1], a[2] - b[2]}; }
inline Triple mul(double s, const Triple& a) { return {s * a[0], s * a[1], s * a[2]}; }
inline Triple cross(const Triple& a, const Triple& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
/// A vector of the patient in voxels.
inline Triple to_voxels(const ScanSource& s, const Triple& a) {
  Triple index{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    for (std::size_t row = 0; row < 3; ++row) index[axis] += s.direction[3 * row + axis] * a[row];
    index[axis] /= s.spacing_mm[axis];
  }
  return index;
}
/// The row (x, y, z, 1) -> dot(world point, a) + constant.
template <class R>
void set_row(R* row, const ScanSource& s, const Triple& a, double constant) {
  for (std::size_t axis = 0; axis < 3; ++axis) {
    double sum = 0;
    for (std::size_t r = 0; r < 3; ++r) sum += s.direction[3 * r + axis] * s.spacing_mm[axis] * a[r];
    row[axis] = static_cast<R>(sum);
  }
  row[3] = static_cast<R>(dot(a, s.origin_mm) + constant);
}
template <class R>
void set(R (&out)[3], const Triple& a) {
  for (std::size_t i = 0; i < 3; ++i) out[i] = static_cast<R>(a[i]);
}
}  // namespace detail

template <class R>
Scan<R> make_scan(const ScanSource& s) {
  Scan<R> scan{};
  scan.kind = s.kind;
  for (std::size_t i = 0; i < 3; ++i) {
    scan.size[i] = s.size[i];
    scan.spacing_mm[i] = static_cast<R>(s.spacing_mm[i]);
  }
  scan.nu = s.elements[0];
  scan.nv = s.elements[1];
  scan.views = s.views;
  scan.mid_u = static_cast<R>(0.5 * static_cast<double>(s.elements[0] - 1));
  scan.mid_v = static_cast<R>(0.5 * static_cast<double>(s.elements[1] - 1));
  return scan;
}

template <class R>
ScanView<R> make_arc_view(const ScanSource& s, const ViewSource& v) {
  using namespace detail;
  ScanView<R> view{};
  const double pitch_v = std::sqrt(dot(v.v_step, v.v_step));
  const Triple axis = mul(1 / pitch_v, v.v_step), to_centre = sub(v.centre, v.source);
  const Triple along = mul(dot(to_centre, axis), axis), arm = sub(to_centre, along), turn = cross(axis, arm);
  const double radius = std::sqrt(dot(arm, arm)), sense = dot(turn, v.u_step) >= 0 ? 1.0 : -1.0;
  set(view.source, to_voxels(s, sub(v.source, s.origin_mm)));
  set(view.centre, to_voxels(s, along));
  set(view.u_step, to_voxels(s, arm));
  set(view.w_step, to_voxels(s, turn));
  set(view.v_step, to_voxels(s, v.v_step));
  view.angle_step = static_cast<R>(sense * std::sqrt(dot(v.u_step, v.u_step)) / radius);
  set_row(view.shadow, s, mul(1 / radius, arm), -dot(v.source, arm) / radius);
  set_row(view.shadow + 4, s, mul(1 / radius, turn), -dot(v.source, turn) / radius);
  set_row(view.shadow + 8, s, axis, -dot(v.source, axis));
  view.radius = static_cast<R>(radius);
  view.along = static_cast<R>(dot(to_centre, axis));
  view.pitch_v = static_cast<R>(pitch_v);
  const Triple reach = sub(v.source, mul(dot(v.source, axis), axis));
  view.isocentre = static_cast<R>(std::sqrt(dot(reach, reach)));
  return view;
}

template <class R>
ScanView<R> make_view(const ScanSource& s, const ViewSource& v) {
  using namespace detail;
  if (s.kind == ScanKind::arc) return make_arc_view<R>(s, v);
  ScanView<R> view{};
  const bool parallel = s.kind == ScanKind::parallel;
  const double mid_u = 0.5 * static_cast<double>(s.elements[0] - 1),
               mid_v = 0.5 * static_cast<double>(s.elements[1] - 1);
  set(view.source, parallel ? to_voxels(s, v.source) : to_voxels(s, sub(v.source, s.origin_mm)));
  set(view.centre, parallel ? to_voxels(s, sub(v.centre, s.origin_mm)) : to_voxels(s, sub(v.centre, v.source)));
  set(view.u_step, to_voxels(s, v.u_step));
  set(view.v_step, to_voxels(s, v.v_step));
  // The plane is centre + du u_step + dv v_step. With n = u_step x v_step and d the direction of travel, du is
  // dot(p - centre, v_step x d) / dot(d, u_step x v_step) and so on; for a point source d = p - source, w = dot(d, n) / dot(centre - source, n).
  const Triple n = cross(v.u_step, v.v_step);
  if (parallel) {
    const Triple for_u = mul(1 / dot(v.source, n), cross(v.v_step, v.source)),
                 for_v = mul(1 / dot(v.source, n), cross(v.source, v.u_step));
    set_row(view.shadow, s, for_u, mid_u - dot(for_u, v.centre));
    set_row(view.shadow + 4, s, for_v, mid_v - dot(for_v, v.centre));
    view.shadow[11] = 1;
    view.isocentre = 1;
    return view;
  }
  // With c = centre - source and q = p - source: w = n.q / n.c, du w = (v_step x c).q / n.c, dv w = (c x u_step).q / n.c.
  const Triple c = sub(v.centre, v.source);
  const double depth = dot(n, c);
  Triple w = mul(1 / depth, n), for_u = mul(1 / depth, cross(v.v_step, c)), for_v = mul(1 / depth, cross(c, v.u_step));
  for (std::size_t i = 0; i < 3; ++i) {
    for_u[i] += mid_u * w[i];
    for_v[i] += mid_v * w[i];
  }
  set_row(view.shadow, s, for_u, -dot(for_u, v.source));
  set_row(view.shadow + 4, s, for_v, -dot(for_v, v.source));
  set_row(view.shadow + 8, s, w, -dot(w, v.source));
  view.isocentre = static_cast<R>(-dot(w, v.source));
  return view;
}

}  // namespace iso::gpu
