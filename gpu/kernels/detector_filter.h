#pragma once

#include "gpu/kernels/vector.h"

#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

/// The detector filter, in space for the reference and between two Fourier transforms.
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

/// Two rows as the real and the imaginary part of one, with zeros behind: the response of a detector filter is real and even, so
/// that it filters both at once. One thread an element.
template <class T>
struct PairRows {
  const T* in;
  Complex<T>* out;
  std::int64_t count, row, padded, rows;  ///< `rows` of `row` elements become pairs of `padded`; the last may be alone
};
/// Frequencies of pairs times the response over the length, whose half to the Nyquist frequency is given.
template <class T>
struct FilterPairs {
  Complex<T>* values;
  const double* response;
  std::int64_t count, padded;
};
template <class T>
struct SplitPairs {
  const Complex<T>* in;
  T* out;
  std::int64_t count, row, padded;  ///< count: elements of rows
  bool accumulate;
};

template <class Index, class T>
ISO_HOST_DEVICE void body(const Index& at, const PairRows<T>& k) noexcept {
  const auto i = at.linear();
  if (i >= k.count) return;
  const auto first = 2 * (i / k.padded), column = i % k.padded;
  const bool inside = column < k.row;
  k.out[i] = {inside ? k.in[first * k.row + column] : T{0},
              inside && first + 1 < k.rows ? k.in[(first + 1) * k.row + column] : T{0}};
}
template <class Index, class T>
ISO_HOST_DEVICE void body(const Index& at, const FilterPairs<T>& k) noexcept {
  const auto i = at.linear();
  if (i >= k.count) return;
  const auto f = i % k.padded;
  const double factor = k.response[f <= k.padded / 2 ? f : k.padded - f] / static_cast<double>(k.padded);
  const Number value = number(k.values[i]);
  assign(k.values[i], {factor * value.re, factor * value.im});
}
template <class Index, class T>
ISO_HOST_DEVICE void body(const Index& at, const SplitPairs<T>& k) noexcept {
  const auto i = at.linear();
  if (i >= k.count) return;
  const auto row = i / k.row;
  const Complex<T> pair = k.in[row / 2 * k.padded + i % k.row];
  const T value = row % 2 == 0 ? pair.re : pair.im;
  k.out[i] = k.accumulate ? k.out[i] + value : value;
}

#define ISO_DETECTOR_FILTER_KERNELS(X, T) X(PairRows<T>) X(FilterPairs<T>) X(SplitPairs<T>)

}  // namespace iso::gpu
