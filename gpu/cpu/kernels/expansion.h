#pragma once

#include "gpu/cpu/kernels/kernels.h"
#include "gpu/cpu/kernels/ray.h"

namespace iso::gpu::cpu {
namespace {

/// exp(x) for x <= 0 by x = n ln 2 + r, |r| <= ln 2 / 2, and the series of exp(r): to 2e-7 (float) and 4e-16 (double). Where the
/// result would be below the smallest normal number it is that number's size at most, which is no part of any sum here.
inline float exponential(float x) {
  const float bounded = x > -87.0F ? x : -87.0F;
  const float shifted = bounded * 1.44269504F + 12582912.0F;  // 1.5 x 2^23: the sum's last bits are the nearest integer
  std::int32_t bits = 0;
  __builtin_memcpy(&bits, &shifted, sizeof bits);
  const float n = shifted - 12582912.0F;
  const float r = (bounded - n * 0.693359375F) + n * 2.12194440e-4F;
  float p = 1.0F / 720;
  p = p * r + 1.0F / 120;
  p = p * r + 1.0F / 24;
  p = p * r + 1.0F / 6;
  p = p * r + 0.5F;
  p = p * r + 1.0F;
  p = p * r + 1.0F;
  const std::int32_t power = static_cast<std::int32_t>(static_cast<std::uint32_t>(bits) << 23) + 0x3F800000;
  float scale = 0;
  __builtin_memcpy(&scale, &power, sizeof scale);
  return p * scale;
}

inline double exponential(double x) {
  const double bounded = x > -708.0 ? x : -708.0;
  const double shifted = bounded * 1.4426950408889634 + 6755399441055744.0;  // 1.5 x 2^52
  std::int64_t bits = 0;
  __builtin_memcpy(&bits, &shifted, sizeof bits);
  const double n = shifted - 6755399441055744.0;
  const double r = (bounded - n * 0.69314718036912382) - n * 1.9082149292705877e-10;
  double p = 1.0;
  for (int k = 13; k >= 1; --k) p = p * r / k + 1.0;
  const std::int64_t power =
      static_cast<std::int64_t>(static_cast<std::uint64_t>(bits) << 52) + std::int64_t{0x3FF0000000000000};
  double scale = 0;
  __builtin_memcpy(&scale, &power, sizeof scale);
  return p * scale;
}

inline constexpr std::int64_t kernel_run = 128;  ///< voxels whose distances wait in the first cache

template <class T>
void add_kernel(const T* features, std::int64_t plane_stride, std::int64_t planes, std::int64_t count, const T* centre,
                double x, double step, double rest2, double per_length2, T scale, T* out) {
  T exponent[kernel_run];
  for (std::int64_t from = 0; from < count; from += kernel_run) {
    const int n = static_cast<int>(least(kernel_run, count - from));
    const T start = static_cast<T>(x + static_cast<double>(from) * step), by = static_cast<T>(step);
    const T rest = static_cast<T>(rest2 * per_length2), per = static_cast<T>(per_length2);
#pragma omp simd
    for (int i = 0; i < n; ++i) {
      const T along = start + static_cast<T>(i) * by;
      exponent[i] = rest + along * along * per;
    }
    for (std::int64_t j = 0; j < planes; ++j) {
      const T* const plane = features + j * plane_stride + from;
      const T at = centre[j];
#pragma omp simd
      for (int i = 0; i < n; ++i) exponent[i] += static_cast<T>(0.5) * (plane[i] - at) * (plane[i] - at);
    }
    T* const to = out + from;
#pragma omp simd
    for (int i = 0; i < n; ++i) to[i] += scale * exponential(-exponent[i]);
  }
}

}  // namespace
}  // namespace iso::gpu::cpu
