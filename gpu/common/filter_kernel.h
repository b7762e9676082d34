#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

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

}  // namespace iso::gpu
