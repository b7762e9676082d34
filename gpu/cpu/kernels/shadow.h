#pragma once

#include "gpu/cpu/kernels/kernels.h"

namespace iso::gpu::cpu {
namespace {

/// Voxels of a row are taken in runs of this many; as for rays, positions within a run are counted from its start.
inline constexpr int voxel_run = 64;

/// Where the shadows of one run fall on the padded detector.
template <class T>
struct Shadows {
  int at[voxel_run];
  T fu[voxel_run], fv[voxel_run], weight[voxel_run];
  bool on_a_row;  ///< all exactly on one detector row: fv is not set, and zero
};

inline double affine(const double (&c)[4], double x, double y, double z) {
  return c[0] + c[1] * x + c[2] * y + c[3] * z;
}

/// The nearest element, within [-1, elements]; 0 if it makes no sense.
inline double nearest(double position, std::int64_t elements) {
  const auto limit = static_cast<double>(elements);
  return position > -1 ? (position < limit ? __builtin_floor(position + 0.5) : limit) : -1;
}

inline float to_floor(float x) { return __builtin_floorf(x); }
inline double to_floor(double x) { return __builtin_floor(x); }
inline float square_root(float x) { return __builtin_sqrtf(x); }
inline double square_root(double x) { return __builtin_sqrt(x); }

/// Clamps to the padding, where readings are zero. A position that is not a number goes to the low side.
template <class T>
inline T within(T position, T low, T high) {
  const T above = position > low ? position : low;
  return above < high ? above : high;
}

/// Flat detector. Positions are relative to the element under the first voxel, to keep their digits in single precision.
template <class T>
inline void flat_shadows(const ViewMap& map, const Detector& detector, double x, double y, double z, int count,
                         Shadows<T>& out) {
  const double u0 = affine(map.u, x, y, z), v0 = affine(map.v, x, y, z), w0 = affine(map.w, x, y, z);
  const double w1 = w0 + map.w[1] * count;
  const bool in_front = w0 > 0 && w1 > 0;
  const double at_u = in_front ? nearest(u0 / w0, detector.u) : 0, at_v = in_front ? nearest(v0 / w0, detector.v) : 0;
  const T su = static_cast<T>(u0 - at_u * w0), du = static_cast<T>(map.u[1] - at_u * map.w[1]);
  const T sv = static_cast<T>(v0 - at_v * w0), dv = static_cast<T>(map.v[1] - at_v * map.w[1]);
  const T sw = static_cast<T>(w0), dw = static_cast<T>(map.w[1]);
  const auto u_low = static_cast<T>(-1 - at_u), u_high = static_cast<T>(static_cast<double>(detector.u) - at_u);
  const auto v_low = static_cast<T>(-1 - at_v), v_high = static_cast<T>(static_cast<double>(detector.v) - at_v);
  const int first = static_cast<int>(at_v) * static_cast<int>(detector.row_stride) + static_cast<int>(at_u);
  const int row = static_cast<int>(detector.row_stride);
  const bool weighted = map.weighted;
  const double v_end = v0 + map.v[1] * count;
  // 1e-9 of an element is below what single precision resolves, and far below what an image shows.
  out.on_a_row =
      in_front && __builtin_fabs(v0 - at_v * w0) < 1e-9 * w0 && __builtin_fabs(v_end - at_v * w1) < 1e-9 * w1;
  if (out.on_a_row && map.w[1] == 0) {
    const T r = 1 / sw, weight = weighted ? r * r : T{1};
    for (int k = 0; k < count; ++k) {
      const T u = within((su + static_cast<T>(k) * du) * r, u_low, u_high);
      const T fu = to_floor(u);
      out.at[k] = first + static_cast<int>(fu);
      out.fu[k] = u - fu;
      out.weight[k] = weight;
    }
    return;
  }
  if (out.on_a_row) {
    for (int k = 0; k < count; ++k) {
      const T r = 1 / (sw + static_cast<T>(k) * dw);
      const T u = within((su + static_cast<T>(k) * du) * r, u_low, u_high), fu = to_floor(u);
      out.at[k] = first + static_cast<int>(fu);
      out.fu[k] = u - fu;
      out.weight[k] = weighted ? r * r : T{1};
    }
    return;
  }
  for (int k = 0; k < count; ++k) {
    const T w = sw + static_cast<T>(k) * dw, r = 1 / w;
    const T u = within((su + static_cast<T>(k) * du) * r, u_low, u_high);
    const T v = within((sv + static_cast<T>(k) * dv) * r, v_low, v_high);
    const T fu = to_floor(u);
    const T fv = to_floor(v);
    out.at[k] = first + static_cast<int>(fv) * row + static_cast<int>(fu);
    out.fu[k] = u - fu;
    out.fv[k] = v - fv;
    out.weight[k] = w > static_cast<T>(1e-12) ? (weighted ? r * r : T{1}) : T{0};
  }
}

/// A detector on a cylinder about the source. With c = U and d = W the components of a voxel across and along the arm, u is an
/// angle, atan2(c, d); the magnification is radius^2 / |(c, d)|, and V is the height above the source.
///
/// Voxel by voxel, for the few that have no neighbours near enough in angle.
template <class T>
inline void arc_shadows_one_by_one(const ViewMap& map, const Detector& detector, double x, double y, double z, int from,
                                   int to, Shadows<T>& out) {
  const double c0 = affine(map.u, x, y, z), h0 = affine(map.v, x, y, z), d0 = affine(map.w, x, y, z);
  const auto u_limit = static_cast<double>(detector.u), v_limit = static_cast<double>(detector.v);
  const double level = nearest(map.mid_v - map.v_scale * map.v_shift, detector.v);
  const int row = static_cast<int>(detector.row_stride);
  for (int k = from; k < to; ++k) {
    const double c = c0 + k * map.u[1], d = d0 + k * map.w[1], h = h0 + k * map.v[1];
    const double magnification = map.radius2 / __builtin_sqrt(c * c + d * d);
    const double u = within(map.mid_u + map.u_scale * __builtin_atan2(c, d), -1.0, u_limit);
    const double v =
        out.on_a_row ? level : within(map.mid_v + map.v_scale * (h * magnification - map.v_shift), -1.0, v_limit);
    const double fu = __builtin_floor(u), fv = __builtin_floor(v), ratio = magnification * map.unit_magnification;
    out.at[k] = static_cast<int>(fv) * row + static_cast<int>(fu);
    out.fu[k] = static_cast<T>(u - fu);
    out.fv[k] = static_cast<T>(v - fv);
    out.weight[k] = static_cast<T>(ratio < 1e12 ? (map.weighted ? ratio * ratio : 1.0) : 0.0);
  }
}

/// atan(t) / t as a polynomial in t^2 for |t| <= 1/4, where what the series leaves out is below 4^-2n / (2n + 1): 5e-9 of
/// the value in single precision (n = 6), 1e-17 in double (n = 13).
template <class T>
inline T arctangent_ratio(T squared) {
  constexpr int terms = sizeof(T) == 4 ? 6 : 13;
  T sum = 0;
  for (int n = terms - 1; n >= 0; --n) sum = (n % 2 ? T{-1} : T{1}) / static_cast<T>(2 * n + 1) + squared * sum;
  return sum;
}

/// Voxels [from, to) in coordinates turned towards the one in their middle, m: in units of its distance from the axis, j
/// voxels on one stands at (across, along) = (j a, 1 + j b), and sees the detector atan(j a / (1 + j b)) further. Angles
/// and magnifications are so found as differences, which keeps their digits in single precision, and by operations that a
/// compiler turns into vectors. False if the voxels are too far apart for the polynomial.
template <class T>
inline bool arc_shadows_about(const ViewMap& map, const Detector& detector, double x, double y, double z, int from,
                              int to, Shadows<T>& out) {
  const int m = (from + to) / 2;
  const double c = affine(map.u, x + m, y, z), d = affine(map.w, x + m, y, z), h = affine(map.v, x + m, y, z);
  const double distance2 = c * c + d * d, angle = __builtin_atan2(c, d);
  const double across = (map.u[1] * d - map.w[1] * c) / distance2, along = (map.u[1] * c + map.w[1] * d) / distance2;
  const double low = from - m, high = to - 1 - m;
  // Near the half turn, where atan2 jumps, and near the source the voxels are done one by one.
  constexpr double reach = 0.25, half_turn = 3.14159265358979;
  const bool near = __builtin_fabs(low * across) <= reach * (1 + low * along) &&
                    __builtin_fabs(high * across) <= reach * (1 + high * along) &&
                    __builtin_fabs(angle) + reach < half_turn;
  if (!near) return false;
  const double magnification = map.radius2 / __builtin_sqrt(distance2);
  const double u_mid = map.mid_u + map.u_scale * angle,
               v_mid = map.mid_v + map.v_scale * (h * magnification - map.v_shift);
  const double at_u = nearest(u_mid, detector.u), at_v = nearest(v_mid, detector.v);
  const auto u0 = static_cast<T>(u_mid - at_u), u_scale = static_cast<T>(map.u_scale), a = static_cast<T>(across),
             b = static_cast<T>(along);
  const auto u_low = static_cast<T>(-1 - at_u), u_high = static_cast<T>(static_cast<double>(detector.u) - at_u);
  const double ratio = magnification * map.unit_magnification;
  const T weight = static_cast<T>(map.weighted ? ratio * ratio : 1);
  const bool weighted = map.weighted;
  const int row = static_cast<int>(detector.row_stride);
  const int first = static_cast<int>(at_v) * row + static_cast<int>(at_u);
  if (out.on_a_row) {
    for (int k = from; k < to; ++k) {
      const T j = static_cast<T>(k - m), beside = j * a, ahead = 1 + j * b, t = beside / ahead;
      const T u = within(u0 + u_scale * t * arctangent_ratio(t * t), u_low, u_high), fu = to_floor(u);
      out.at[k] = first + static_cast<int>(fu);
      out.fu[k] = u - fu;
      out.weight[k] = weighted ? weight / (ahead * ahead + beside * beside) : T{1};
    }
    return true;
  }
  const auto v0 = static_cast<T>(v_mid - at_v), v_scale = static_cast<T>(map.v_scale * magnification),
             h0 = static_cast<T>(h), rise = static_cast<T>(map.v[1]);
  const auto v_low = static_cast<T>(-1 - at_v), v_high = static_cast<T>(static_cast<double>(detector.v) - at_v);
  for (int k = from; k < to; ++k) {
    const T j = static_cast<T>(k - m), beside = j * a, ahead = 1 + j * b, t = beside / ahead;
    const T u = within(u0 + u_scale * t * arctangent_ratio(t * t), u_low, u_high), fu = to_floor(u);
    // 1 / r - 1 = (1 - r^2) / (r + r^2), with r the distance from the axis of the cylinder
    const T over = j * (b + b + j * (a * a + b * b)), r2 = 1 + over, change = -over / (square_root(r2) + r2);
    const T v = within(v0 + v_scale * (j * rise + (h0 + j * rise) * change), v_low, v_high), fv = to_floor(v);
    out.at[k] = first + static_cast<int>(fv) * row + static_cast<int>(fu);
    out.fu[k] = u - fu;
    out.fv[k] = v - fv;
    out.weight[k] = weighted ? weight / r2 : T{1};
  }
  return true;
}

template <class T>
inline void arc_shadows(const ViewMap& map, const Detector& detector, double x, double y, double z, int from, int to,
                        Shadows<T>& out) {
  if (to - from < 4) {
    arc_shadows_one_by_one(map, detector, x, y, z, from, to, out);
  } else if (!arc_shadows_about(map, detector, x, y, z, from, to, out)) {
    const int middle = (from + to) / 2;
    arc_shadows(map, detector, x, y, z, from, middle, out);
    arc_shadows(map, detector, x, y, z, middle, to, out);
  }
}

/// Are all voxels of the run seen on one detector row, as in a fan beam: at the height of the source, and that on a row?
inline bool arc_on_a_row(const ViewMap& map, const Detector& detector, double x, double y, double z, int count) {
  const double level = map.mid_v - map.v_scale * map.v_shift;
  const double h0 = affine(map.v, x, y, z), h1 = h0 + map.v[1] * count;
  constexpr double magnified = 1e3;  // more only next to the source
  return __builtin_fabs(level - nearest(level, detector.v)) < 1e-9 &&
         __builtin_fabs(h0) * map.v_scale * magnified < 1e-9 && __builtin_fabs(h1) * map.v_scale * magnified < 1e-9;
}

template <class T>
inline void shadows(const ViewMap& map, const Detector& detector, double x, double y, double z, int count,
                    Shadows<T>& out) {
  if (!map.arc) return flat_shadows(map, detector, x, y, z, count, out);
  out.on_a_row = arc_on_a_row(map, detector, x, y, z, count);
  arc_shadows(map, detector, x, y, z, 0, count, out);
}

template <class T>
void backproject_row(const ViewMap* views, std::int64_t view_count, const Detector& detector, const T* padded,
                     std::int64_t view_stride, std::int64_t size_x, double y, double z, T* row) {
  Shadows<T> s;
  T sums[voxel_run];
  Pair<T> low[voxel_run], high[voxel_run];
  const int stride = static_cast<int>(detector.row_stride);
  for (std::int64_t x = 0; x < size_x; x += voxel_run) {
    const int count = static_cast<int>(size_x - x < voxel_run ? size_x - x : voxel_run);
    for (int k = 0; k < count; ++k) sums[k] = 0;
    for (std::int64_t view = 0; view < view_count; ++view) {
      if (views[view].blind) continue;
      shadows(views[view], detector, static_cast<double>(x), y, z, count, s);
      const T* const readings = padded + view * view_stride;
      load_pairs(readings, s.at, 0, count, low);
      if (s.on_a_row) {
#pragma omp simd
        for (int k = 0; k < count; ++k) sums[k] += s.weight[k] * (low[k].here + s.fu[k] * (low[k].next - low[k].here));
        continue;
      }
      load_pairs(readings + stride, s.at, 0, count, high);
#pragma omp simd
      for (int k = 0; k < count; ++k) {
        const T here = low[k].here + s.fv[k] * (high[k].here - low[k].here),
                next = low[k].next + s.fv[k] * (high[k].next - low[k].next);
        sums[k] += s.weight[k] * (here + s.fu[k] * (next - here));
      }
    }
    for (int k = 0; k < count; ++k) row[x + k] += sums[k];
  }
}

template <class T>
void shadow_row(const ViewMap& view, const Detector& detector, T* padded, std::int64_t size_x, double y, double z,
                const T* row) {
  Shadows<T> s;
  const std::int64_t stride = detector.row_stride;
  for (std::int64_t x = 0; x < size_x; x += voxel_run) {
    const int count = static_cast<int>(size_x - x < voxel_run ? size_x - x : voxel_run);
    shadows(view, detector, static_cast<double>(x), y, z, count, s);
    for (int k = 0; k < count; ++k) {
      T* const at = padded + s.at[k];
      const T value = s.weight[k] * row[x + k];
      const T upper = s.on_a_row ? T{0} : value * s.fv[k], lower = value - upper;
      at[0] += lower - lower * s.fu[k], at[1] += lower * s.fu[k];
      at[stride] += upper - upper * s.fu[k], at[stride + 1] += upper * s.fu[k];
    }
  }
}

}  // namespace
}  // namespace iso::gpu::cpu
