#pragma once

#include "gpu/kernels/index.h"

/// Sums of kernels over the voxels of a grid (iso/compute/operators/kernel_expansion.h).
namespace iso::gpu {

/// In the table of centres each has its place (3) and its features (planes), one centre after the other.
template <class T>
struct ExpansionTerms {
  const T* features;  ///< plane after plane
  const T* centres;
  std::int64_t size[3];
  std::int64_t planes, count;  ///< features a voxel, centres
  double spacing[3];
  double reach2, width2;          ///< squares of the largest distances
  double per_reach2, per_width2;  ///< 1 / (2 length^2)
  double product, footprint, everywhere;
};
template <class T>
struct ExpansionForward {
  ExpansionTerms<T> terms;
  const T* in;
  T* out;
  bool accumulate;
};
template <class T>
struct ExpansionAdjoint {
  ExpansionTerms<T> terms;
  const T* in;
  T* out;
  bool accumulate;
};

ISO_HOST_DEVICE inline float exponential(float x) noexcept { return expf(x); }
ISO_HOST_DEVICE inline double exponential(double x) noexcept { return ::exp(x); }

/// k(voxel, centre).
template <class T>
ISO_HOST_DEVICE T kernel_value(const ExpansionTerms<T>& k, std::int64_t voxel, std::int64_t centre) noexcept {
  const T* const at = k.centres + centre * (3 + k.planes);
  const std::int64_t voxels = k.size[0] * k.size[1] * k.size[2];
  const double dx = static_cast<double>(voxel % k.size[0]) * k.spacing[0] - static_cast<double>(at[0]);
  const double dy = static_cast<double>(voxel / k.size[0] % k.size[1]) * k.spacing[1] - static_cast<double>(at[1]);
  const std::int64_t slice = voxel / (k.size[0] * k.size[1]);
  const double dz = static_cast<double>(slice) * k.spacing[2] - static_cast<double>(at[2]);
  const double distance2 = dx * dx + dy * dy + dz * dz;
  T value = 0;
  if (distance2 <= k.width2 && k.footprint > 0)
    value += static_cast<T>(k.footprint) * exponential(static_cast<T>(-distance2 * k.per_width2));
  const bool near = distance2 <= k.reach2 && k.product > 0;
  if (!near && !(k.everywhere > 0)) return value;
  T unlike = 0;
  for (std::int64_t j = 0; j < k.planes; ++j) {
    const T difference = k.features[j * voxels + voxel] - at[3 + j];
    unlike = fused(difference, difference, unlike);
  }
  if (near) {
    const T place = static_cast<T>(distance2 * k.per_reach2);
    value += static_cast<T>(k.product) * exponential(-fused(static_cast<T>(0.5), unlike, place));
  }
  if (k.everywhere > 0) value += static_cast<T>(k.everywhere) * exponential(static_cast<T>(-0.5) * unlike);
  return value;
}

/// One thread a voxel.
template <class Index, class T>
ISO_HOST_DEVICE void body(const Index& at, const ExpansionForward<T>& k) noexcept {
  const auto voxel = at.linear();
  if (voxel >= k.terms.size[0] * k.terms.size[1] * k.terms.size[2]) return;
  T sum = k.accumulate ? k.out[voxel] : T(0);
  for (std::int64_t i = 0; i < k.terms.count; ++i) sum = fused(k.in[i], kernel_value(k.terms, voxel, i), sum);
  k.out[voxel] = sum;
}

/// One thread a centre, which gathers from all voxels. Slow and in a fixed order; clicking never asks for it.
template <class Index, class T>
ISO_HOST_DEVICE void body(const Index& at, const ExpansionAdjoint<T>& k) noexcept {
  const auto i = at.linear();
  if (i >= k.terms.count) return;
  const std::int64_t voxels = k.terms.size[0] * k.terms.size[1] * k.terms.size[2];
  double sum = k.accumulate ? static_cast<double>(k.out[i]) : 0.0;
  for (std::int64_t voxel = 0; voxel < voxels; ++voxel)
    sum = fused(static_cast<double>(kernel_value(k.terms, voxel, i)), static_cast<double>(k.in[voxel]), sum);
  k.out[i] = static_cast<T>(sum);
}

#define ISO_KERNEL_EXPANSION_KERNELS(X, T) X(ExpansionForward<T>) X(ExpansionAdjoint<T>)

}  // namespace iso::gpu
