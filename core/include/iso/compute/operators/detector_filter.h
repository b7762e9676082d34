#pragma once

#include "iso/compute/operator_spec.h"

#include <vector>

namespace iso::compute {

/// Convolution of every detector row (first axis) with a real even filter: zero-pad to n = 2 (response.size() - 1),
/// multiply the discrete Fourier transform by `response` (index 0 is frequency 0, last is Nyquist), crop. Self-adjoint.
/// n must be at least twice the row so that nothing wraps around.
struct DetectorFilter {
  static constexpr std::string_view name = "detector filter";
  static constexpr Values values = Values::real;
  Shape sinogram;
  std::vector<double> response;
  ScalarType type{ScalarType::f32};

  [[nodiscard]] ArraySpec domain() const { return {sinogram, type}; }
  [[nodiscard]] ArraySpec range() const { return {sinogram, type}; }
  [[nodiscard]] static Magnitude magnitude() { return {}; }
  void check() const;  ///< throws shape_mismatch: a filter that would wrap around
};

}  // namespace iso::compute
