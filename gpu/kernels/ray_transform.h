#pragma once

#include "gpu/kernels/scan.h"

/// Joseph's ray transform and its adjoint. The adjoint is gathered, one voxel a thread: for each view it encloses the
/// rays that can touch the voxel and asks each for the very weight that the forward transform gives it. No sum is
/// shared between threads, and the pair is matched to the last bit of every weight.
/// Source: P. M. Joseph, IEEE Trans. Med. Imaging 1 (1982) 192.
namespace iso::gpu {

/// A ray in voxels along its steepest axis: at plane k of that axis it crosses the others at start + k slope.
template <class R>
struct Line {
  int major, a, b;
  R start_a, slope_a, start_b, slope_b;
  R length_mm;  ///< between two planes
};

/// Direction of the ray through element (mid_u + du, mid_v + dv) and the point it starts at, in voxels.
template <class R>
ISO_HOST_DEVICE void make_ray(const Scan<R>& scan, const ScanView<R>& view, R du, R dv, R (&from)[3],
                              R (&along)[3]) noexcept {
  R c = du, s = 0;
  if (scan.kind == ScanKind::arc) {
    const R angle = du * view.angle_step;
    c = cos(angle);
    s = sin(angle);
  }
  for (int i = 0; i < 3; ++i) {
    const R element = fused(dv, view.v_step[i], fused(c, view.u_step[i], fused(s, view.w_step[i], view.centre[i])));
    from[i] = scan.kind == ScanKind::parallel ? element : view.source[i];
    along[i] = scan.kind == ScanKind::parallel ? view.source[i] : element;
  }
}

template <class R>
ISO_HOST_DEVICE Line<R> make_line(const Scan<R>& scan, const ScanView<R>& view, R du, R dv) noexcept {
  R from[3], along[3];
  make_ray(scan, view, du, dv, from, along);
  Line<R> line;
  line.major = 0;
  R steepest = fabs(along[0]);
  if (fabs(along[1]) > steepest) {
    line.major = 1;
    steepest = fabs(along[1]);
  }
  if (fabs(along[2]) > steepest) line.major = 2;
  line.a = (line.major + 1) % 3;
  line.b = (line.major + 2) % 3;
  // Chosen by comparison, not by index, so that the arrays can stay in registers.
  const R dm = line.major == 0 ? along[0] : line.major == 1 ? along[1] : along[2];
  const R da = line.major == 0 ? along[1] : line.major == 1 ? along[2] : along[0];
  const R db = line.major == 0 ? along[2] : line.major == 1 ? along[0] : along[1];
  const R om = line.major == 0 ? from[0] : line.major == 1 ? from[1] : from[2];
  const R oa = line.major == 0 ? from[1] : line.major == 1 ? from[2] : from[0];
  const R ob = line.major == 0 ? from[2] : line.major == 1 ? from[0] : from[1];
  line.slope_a = da / dm;
  line.slope_b = db / dm;
  line.start_a = fused(-om, line.slope_a, oa);
  line.start_b = fused(-om, line.slope_b, ob);
  const R x = along[0] * scan.spacing_mm[0], y = along[1] * scan.spacing_mm[1], z = along[2] * scan.spacing_mm[2];
  line.length_mm = sqrt(fused(x, x, fused(y, y, z * z))) / fabs(dm);
  return line;
}

/// Planes [first, last) in which start + k slope can lie in (-1, size): one too many at either end rather than one too few.
template <class R>
ISO_HOST_DEVICE void cut_planes(R start, R slope, std::int64_t size, std::int64_t& first, std::int64_t& last) noexcept {
  if (slope == 0) {
    if (!(start > -1 && start < static_cast<R>(size))) last = first;
    return;
  }
  const R p = (R(-1) - start) / slope, q = (static_cast<R>(size) - start) / slope;
  const R low = smaller(p, q) - 1, high = larger(p, q) + 2;
  if (!(high > static_cast<R>(first) && low < static_cast<R>(last))) {
    last = first;
    return;
  }
  if (low > static_cast<R>(first)) first = static_cast<std::int64_t>(low);
  if (high < static_cast<R>(last)) last = static_cast<std::int64_t>(high);
}

/// Readings first to first + count of the sinogram.
template <class T>
struct RayForward {
  Scan<T> scan;
  const ScanView<T>* views;
  const T* volume;
  T* readings;
  std::int64_t first, count;
  bool accumulate;
};

/// One thread a ray. Neighbours in u walk through neighbouring voxels; bound by memory latency, held by the cache.
template <class Index, class T>
ISO_HOST_DEVICE void body(const Index& at, const RayForward<T>& k) noexcept {
  if (at.linear() >= k.count) return;
  const auto reading = k.first + at.linear();
  const auto& scan = k.scan;
  const auto u = reading % scan.nu, v = reading / scan.nu % scan.nv;
  const Line<T> line = make_line(scan, k.views[reading / scan.nu / scan.nv], static_cast<T>(u) - scan.mid_u,
                                 static_cast<T>(v) - scan.mid_v);
  const auto size_m = scan.size[line.major], size_a = scan.size[line.a], size_b = scan.size[line.b];
  const std::int64_t row = scan.size[0], slice = scan.size[0] * scan.size[1];
  const auto stride_m = line.major == 0 ? 1 : line.major == 1 ? row : slice;
  const auto stride_a = line.a == 0   ? 1
                        : line.a == 1 ? row
                                      : slice,
             stride_b = line.b == 0   ? 1
                        : line.b == 1 ? row
                                      : slice;
  std::int64_t first = 0, last = size_m;
  cut_planes(line.start_a, line.slope_a, size_a, first, last);
  cut_planes(line.start_b, line.slope_b, size_b, first, last);
  T sum = 0;
  for (auto plane = first; plane < last; ++plane) {
    const T pa = fused(static_cast<T>(plane), line.slope_a, line.start_a),
            pb = fused(static_cast<T>(plane), line.slope_b, line.start_b);
    if (!(pa > -1 && pa < static_cast<T>(size_a) && pb > -1 && pb < static_cast<T>(size_b))) continue;
    const auto ia = static_cast<std::int64_t>(floor(pa)), ib = static_cast<std::int64_t>(floor(pb));
    for (auto b = larger<std::int64_t>(ib, 0); b <= ib + 1 && b < size_b; ++b) {
      T across = 0;
      for (auto a = larger<std::int64_t>(ia, 0); a <= ia + 1 && a < size_a; ++a) {
        across += tent(pa - static_cast<T>(a)) * k.volume[plane * stride_m + a * stride_a + b * stride_b];
      }
      sum += tent(pb - static_cast<T>(b)) * across;
    }
  }
  sum *= line.length_mm;
  k.readings[reading] = k.accumulate ? k.readings[reading] + sum : sum;
}

/// Turns extremes into a box, with a hundredth of an element to spare for rounding; the whole detector if they make no sense.
template <class R>
ISO_HOST_DEVICE Box make_box(const Scan<R>& scan, bool sound, R u_low, R u_high, R v_low, R v_high) noexcept {
  Box box{0, scan.nu - 1, 0, scan.nv - 1};
  if (!sound) return box;
  const R spare = R(0.01);
  u_low = ceil(u_low - spare), u_high = floor(u_high + spare), v_low = ceil(v_low - spare),
  v_high = floor(v_high + spare);
  // Compared as floating-point numbers first: what lies far outside does not fit an integer.
  const R nu = static_cast<R>(scan.nu), nv = static_cast<R>(scan.nv);
  if (!(u_high >= 0 && u_low < nu && v_high >= 0 && v_low < nv)) return {0, -1, 0, -1};
  if (u_low > 0) box.a_low = static_cast<std::int64_t>(u_low);
  if (v_low > 0) box.b_low = static_cast<std::int64_t>(v_low);
  if (u_high < nu - 1) box.a_high = static_cast<std::int64_t>(u_high);
  if (v_high < nv - 1) box.b_high = static_cast<std::int64_t>(v_high);
  return box;
}

/// The elements whose rays cross the square of two voxels about voxel x, in the plane across axis `major`. A parallel
/// beam and a flat detector map it to a quadrilateral, whose corners bound it as long as none lies behind the source
/// while another lies before it. The turn of an arc is bounded by the corners too, since half-planes from its axis cut
/// the square in straight lines; its height is bounded by the extremes of height and reach.
template <class R>
ISO_HOST_DEVICE Box elements_near(const Scan<R>& scan, const ScanView<R>& view, const R (&x)[3], int major) noexcept {
  const bool arc = scan.kind == ScanKind::arc;
  R u_low = 0, u_high = 0, v_low = 0, v_high = 0, h_low = 0, h_high = 0;
  bool ahead = true, behind = true;
  for (int corner = 0; corner < 4; ++corner) {
    const R p = corner & 1 ? R(1) : R(-1), q = corner & 2 ? R(1) : R(-1);
    const R cx = x[0] + (major == 0   ? R(0)
                         : major == 2 ? p
                                      : q),
            cy = x[1] + (major == 1   ? R(0)
                         : major == 0 ? p
                                      : q),
            cz = x[2] + (major == 2   ? R(0)
                         : major == 1 ? p
                                      : q);
    const R a = apply_row(view.shadow, cx, cy, cz), b = apply_row(view.shadow + 4, cx, cy, cz),
            c = apply_row(view.shadow + 8, cx, cy, cz);
    const R depth = arc ? a : c;
    ahead = ahead && depth > R(1e-4);
    behind = behind && depth < R(-1e-4);
    const R u = arc ? atan2(b, a) / view.angle_step + scan.mid_u : a / c, v = arc ? sqrt(fused(a, a, b * b)) : b / c;
    u_low = corner == 0 ? u : smaller(u_low, u), u_high = corner == 0 ? u : larger(u_high, u);
    v_low = corner == 0 ? v : smaller(v_low, v), v_high = corner == 0 ? v : larger(v_high, v);
    h_low = corner == 0 ? c : smaller(h_low, c), h_high = corner == 0 ? c : larger(h_high, c);
  }
  if (!arc) return make_box(scan, ahead || behind, u_low, u_high, v_low, v_high);
  // v holds the reach so far. It is convex over the square: largest at a corner, and smaller than at the nearest corner by
  // no more than the square's diagonal.
  const R diagonal = R(2.83) * larger(scan.spacing_mm[0], larger(scan.spacing_mm[1], scan.spacing_mm[2]));
  const R nearest = v_low - diagonal, farthest = v_high;
  const R top = h_high > 0 ? h_high / nearest : h_high / farthest,
          bottom = h_low < 0 ? h_low / nearest : h_low / farthest;
  const bool turned =
      view.angle_step * static_cast<R>(scan.nu) > R(3) || view.angle_step * static_cast<R>(scan.nu) < R(-3);
  return make_box(scan, ahead && nearest > 0 && !turned, u_low, u_high,
                  scan.mid_v + (bottom * view.radius - view.along) / view.pitch_v,
                  scan.mid_v + (top * view.radius - view.along) / view.pitch_v);
}

/// Can a ray that passes voxel x within one voxel be steepest along `major`?
template <class R>
ISO_HOST_DEVICE bool may_be_major(const Scan<R>& scan, const ScanView<R>& view, const R (&x)[3], int major) noexcept {
  const bool parallel = scan.kind == ScanKind::parallel;
  const R dx = parallel ? view.source[0] : x[0] - view.source[0],
          dy = parallel ? view.source[1] : x[1] - view.source[1],
          dz = parallel ? view.source[2] : x[2] - view.source[2];
  const R steepest = larger(fabs(dx), larger(fabs(dy), fabs(dz))), own = fabs(major == 0 ? dx : major == 1 ? dy : dz);
  // Within the square the other components differ by up to one voxel; those of a parallel beam not at all.
  return parallel ? own >= steepest * R(0.999) : own * R(1.001) + R(1.001) >= steepest;
}

/// Voxels first to first + count.
template <class T>
struct RayAdjoint {
  Scan<T> scan;
  const ScanView<T>* views;
  const T* readings;
  T* volume;
  std::int64_t first, count;
  bool accumulate;
};

/// Sum over the rays of a box that run along `major`, of weight times reading.
template <class T>
ISO_HOST_DEVICE T gather_rays(const Scan<T>& scan, const ScanView<T>& view, const T* projection, const Box& box,
                              const T (&x)[3], int major) noexcept {
  const T plane = major == 0 ? x[0] : major == 1 ? x[1] : x[2];
  const T at_a = major == 0 ? x[1] : major == 1 ? x[2] : x[0], at_b = major == 0 ? x[2] : major == 1 ? x[0] : x[1];
  T sum = 0;
  for (auto v = box.b_low; v <= box.b_high; ++v) {
    for (auto u = box.a_low; u <= box.a_high; ++u) {
      const Line<T> line = make_line(scan, view, static_cast<T>(u) - scan.mid_u, static_cast<T>(v) - scan.mid_v);
      if (line.major != major) continue;
      const T weight =
          tent(fused(plane, line.slope_a, line.start_a) - at_a) * tent(fused(plane, line.slope_b, line.start_b) - at_b);
      if (weight > 0) sum += weight * line.length_mm * projection[v * scan.nu + u];
    }
  }
  return sum;
}

/// One thread a voxel; neighbours along x read neighbouring elements. Bound by arithmetic: some four rays a view are set up.
template <class Index, class T>
ISO_HOST_DEVICE void body(const Index& at, const RayAdjoint<T>& k) noexcept {
  if (at.linear() >= k.count) return;
  const auto voxel = k.first + at.linear();
  const auto& scan = k.scan;
  T x[3];
  to_index(scan, voxel, x);
  T sum = 0;
  for (std::int64_t view = 0; view < scan.views; ++view) {
    for (int major = 0; major < 3; ++major) {
      if (!may_be_major(scan, k.views[view], x, major)) continue;
      const Box box = elements_near(scan, k.views[view], x, major);
      sum += gather_rays(scan, k.views[view], k.readings + view * scan.nu * scan.nv, box, x, major);
    }
  }
  k.volume[voxel] = k.accumulate ? k.volume[voxel] + sum : sum;
}

#define ISO_RAY_TRANSFORM_KERNELS(X, T) X(RayForward<T>) X(RayAdjoint<T>)

}  // namespace iso::gpu
