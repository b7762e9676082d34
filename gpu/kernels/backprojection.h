#pragma once

#include "gpu/kernels/ray_transform.h"

/// Voxel-driven back-projection and its adjoint, both gathered.
namespace iso::gpu {

/// Weight of the voxel's whole shadow in a view; 0 if it throws none.
template <class R>
ISO_HOST_DEVICE R shadow_weight(const Scan<R>& scan, const ScanView<R>& view, const Shadow<R>& shadow,
                                bool fdk) noexcept {
  const R nu = static_cast<R>(scan.nu), nv = static_cast<R>(scan.nv);
  const bool seen = (shadow.w > 0) && (shadow.u > -1) && (nu > shadow.u) && (shadow.v > -1) && (nv > shadow.v);
  if (!seen) return 0;
  const R ratio = view.isocentre / shadow.w;
  return fdk ? ratio * ratio : R(1);
}

/// Voxels first to first + count.
template <class T>
struct BackprojectionForward {
  Scan<T> scan;
  const ScanView<T>* views;
  const T* readings;
  T* volume;
  std::int64_t first, count;
  bool fdk, accumulate;
};

/// One thread a voxel; neighbours along x read neighbouring elements. Bound by reading the sinogram through the cache.
template <class Index, class T>
ISO_HOST_DEVICE void body(const Index& at, const BackprojectionForward<T>& k) noexcept {
  if (at.linear() >= k.count) return;
  const auto voxel = k.first + at.linear();
  const auto& scan = k.scan;
  T x[3];
  to_index(scan, voxel, x);
  T sum = 0;
  for (std::int64_t view = 0; view < scan.views; ++view) {
    const Shadow<T> shadow = make_shadow(scan, k.views[view], x[0], x[1], x[2]);
    const T factor = shadow_weight(scan, k.views[view], shadow, k.fdk);
    if (factor == 0) continue;
    const T* projection = k.readings + view * scan.nu * scan.nv;
    const auto u = static_cast<std::int64_t>(floor(shadow.u)), v = static_cast<std::int64_t>(floor(shadow.v));
    T reading = 0;
    for (auto j = larger<std::int64_t>(v, 0); j <= v + 1 && j < scan.nv; ++j) {
      for (auto i = larger<std::int64_t>(u, 0); i <= u + 1 && i < scan.nu; ++i) {
        reading +=
            tent(shadow.u - static_cast<T>(i)) * tent(shadow.v - static_cast<T>(j)) * projection[j * scan.nu + i];
      }
    }
    sum += factor * reading;
  }
  k.volume[voxel] = k.accumulate ? k.volume[voxel] + sum : sum;
}

/// Readings first to first + count.
template <class T>
struct BackprojectionAdjoint {
  Scan<T> scan;
  const ScanView<T>* views;
  const T* volume;
  T* readings;
  std::int64_t first, count;
  bool fdk, accumulate;
};

/// The voxels of a plane across `major` whose shadow can lie within one element of (du, dv): where the rays through the
/// corners of that square cross the plane, or the whole plane where a corner runs along it.
template <class R>
ISO_HOST_DEVICE Box voxels_near(const Scan<R>& scan, const ScanView<R>& view, R du, R dv, int major, R plane) noexcept {
  const int a = (major + 1) % 3, b = (major + 2) % 3;
  Box box{0, scan.size[a] - 1, 0, scan.size[b] - 1};
  R a_low = 0, a_high = 0, b_low = 0, b_high = 0, reach = 0;
  bool up = true, down = true;
  for (int corner = 0; corner < 4; ++corner) {
    R from[3], along[3];
    make_ray(scan, view, du + (corner & 1 ? R(1) : R(-1)), dv + (corner & 2 ? R(1) : R(-1)), from, along);
    up = up && along[major] > 0;
    down = down && along[major] < 0;
    const R t = (plane - from[major]) / along[major];
    const R pa = fused(t, along[a], from[a]), pb = fused(t, along[b], from[b]);
    a_low = corner == 0 ? pa : smaller(a_low, pa), a_high = corner == 0 ? pa : larger(a_high, pa);
    b_low = corner == 0 ? pb : smaller(b_low, pb), b_high = corner == 0 ? pb : larger(b_high, pb);
    reach = larger(reach, larger(fabs(t * along[a]), larger(fabs(t * along[b]), fabs(t * along[major]))));
  }
  if (!(up || down)) return box;
  // The edges of an arc's square are curved between its corners, by less than reach times the square of its half angle.
  const R curve = scan.kind == ScanKind::arc ? 4 * reach * view.angle_step * view.angle_step : R(0);
  const R spare = R(0.01) + curve;
  const R size_a = static_cast<R>(scan.size[a]), size_b = static_cast<R>(scan.size[b]);
  a_low = ceil(a_low - spare), a_high = floor(a_high + spare), b_low = ceil(b_low - spare),
  b_high = floor(b_high + spare);
  if (!(a_high >= 0 && a_low < size_a && b_high >= 0 && b_low < size_b)) return {0, -1, 0, -1};
  if (a_low > 0) box.a_low = static_cast<std::int64_t>(a_low);
  if (b_low > 0) box.b_low = static_cast<std::int64_t>(b_low);
  if (a_high < size_a - 1) box.a_high = static_cast<std::int64_t>(a_high);
  if (b_high < size_b - 1) box.b_high = static_cast<std::int64_t>(b_high);
  return box;
}

/// One thread a reading, which walks the planes across its steepest axis and asks the voxels near its ray.
template <class Index, class T>
ISO_HOST_DEVICE void body(const Index& at, const BackprojectionAdjoint<T>& k) noexcept {
  if (at.linear() >= k.count) return;
  const auto reading = k.first + at.linear();
  const auto& scan = k.scan;
  const T u = static_cast<T>(reading % scan.nu), v = static_cast<T>(reading / scan.nu % scan.nv);
  const auto& view = k.views[reading / scan.nu / scan.nv];
  const int major = make_line(scan, view, u - scan.mid_u, v - scan.mid_v).major, a = (major + 1) % 3,
            b = (major + 2) % 3;
  const std::int64_t stride[3] = {1, scan.size[0], scan.size[0] * scan.size[1]};
  T sum = 0;
  for (std::int64_t plane = 0; plane < scan.size[major]; ++plane) {
    const Box box = voxels_near(scan, view, u - scan.mid_u, v - scan.mid_v, major, static_cast<T>(plane));
    for (auto j = box.b_low; j <= box.b_high; ++j) {
      for (auto i = box.a_low; i <= box.a_high; ++i) {
        T x[3];
        x[major] = static_cast<T>(plane);
        x[a] = static_cast<T>(i);
        x[b] = static_cast<T>(j);
        const Shadow<T> shadow = make_shadow(scan, view, x[0], x[1], x[2]);
        const T weight = tent(shadow.u - u) * tent(shadow.v - v);
        if (!(weight > 0)) continue;
        sum += weight * shadow_weight(scan, view, shadow, k.fdk) *
               k.volume[plane * stride[major] + i * stride[a] + j * stride[b]];
      }
    }
  }
  k.readings[reading] = k.accumulate ? k.readings[reading] + sum : sum;
}

#define ISO_BACKPROJECTION_KERNELS(X, T) X(BackprojectionForward<T>) X(BackprojectionAdjoint<T>)

}  // namespace iso::gpu
