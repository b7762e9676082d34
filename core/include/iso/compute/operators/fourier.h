#pragma once

#include "iso/compute/operator_spec.h"

#include <cstddef>
#include <vector>

namespace iso::compute {

/// Unitary discrete Fourier transform over the listed axes, exponent -2 pi i k n / N forward. Centred: index N/2 is
/// the origin in both domains.
struct Fourier {
  static constexpr std::string_view name = "Fourier transform";
  static constexpr Values values = Values::complex;
  Shape grid;
  std::vector<std::size_t> axes;
  bool centred{true};
  ScalarType type{ScalarType::c64};

  [[nodiscard]] ArraySpec domain() const { return {grid, type}; }
  [[nodiscard]] ArraySpec range() const { return {grid, type}; }
  [[nodiscard]] Magnitude magnitude() const;  ///< every entry has the absolute value 1/sqrt(N)
  void check() const;                         ///< throws invalid_input: an axis that is not there, named twice, or none
};

}  // namespace iso::compute
