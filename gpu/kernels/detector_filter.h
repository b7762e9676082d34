#pragma once

#include "gpu/kernels/index.h"

#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

/// The detector filter as a convolution in space.
namespace iso::gpu {

/// The first `row` samples of the inverse discrete Fourier transform of a real even response, whose index 0 is frequency 0
/// and whose last is Nyquist: h[k] = 1/n sum over f of R[f] cos(2 pi f k / n), n = 2 (response.size() - 1). On the host.
inline std::vector<double> spatial_kernel(const std::vector<double>& response, std::int64_t row) {
  const auto half = static_cast<std::int64_t>(response.size()) - 1, n = 2 * half;
  std::vector<double> cosine(static_cast<std::size_t>(n));
  for (std::int64_t k = 0; k < n; ++k) {
    cosine[static_cast<std::size_t>(k)] =
        std::cos(2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(n));
  }
  std::vector<double> kernel(static_cast<std::size_t>(row));
  for (std::int64_t k = 0; k < row; ++k) {
    double sum = 0;
    for (std::int64_t f = 0; f < n; ++f) {
      sum += response[static_cast<std::size_t>(f <= half ? f : n - f)] * cosine[static_cast<std::size_t>(f * k % n)];
    }
    kernel[static_cast<std::size_t>(k)] = sum / static_cast<double>(n);
  }
  return kernel;
}

/// Convolution of rows of `row` elements with the even kernel h: y[i] = sum over j of h[|i-j|] x[j]. One thread an
/// element; its row and the kernel stay in the cache. In double, because a ramp filter cancels most of its sum.
template <class T>
struct FilterRows {
  const T* in;
  T* out;
  const double* kernel;
  std::int64_t count, row;
  bool accumulate;
};

template <class Index, class T>
ISO_HOST_DEVICE void body(const Index& at, const FilterRows<T>& k) noexcept {
  const auto i = at.linear();
  if (i >= k.count) return;
  const auto column = i % k.row;
  const T* line = k.in + (i - column);
  double sum = k.accumulate ? static_cast<double>(k.out[i]) : 0.0;
  for (std::int64_t j = 0; j < k.row; ++j)
    sum += k.kernel[column > j ? column - j : j - column] * static_cast<double>(line[j]);
  k.out[i] = static_cast<T>(sum);
}

#define ISO_DETECTOR_FILTER_KERNELS(X, T) X(FilterRows<T>)

}  // namespace iso::gpu
