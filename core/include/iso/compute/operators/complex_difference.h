#pragma once

#include "iso/compute/operator_spec.h"

#include <cstddef>
#include <vector>

namespace iso::compute {

/// Forward differences x[i+1] - x[i] of complex values along each of `axes`; range shape is grid + {axes.size()}. At the far
/// border the difference is zero, or x[0] - x[n-1] where the axes are cyclic (frames of a heart beat).
/// `FiniteDifference` is the same of real values; it stays as it is, because its layout is known to plugins.
struct ComplexDifference {
  static constexpr std::string_view name = "complex difference";
  static constexpr Values values = Values::complex;
  Shape grid;
  std::vector<std::size_t> axes;
  bool cyclic{false};
  ScalarType type{ScalarType::c64};

  [[nodiscard]] ArraySpec domain() const { return {grid, type}; }
  [[nodiscard]] ArraySpec range() const;
  /// Rows sum to 2, columns to 2 for each axis, both less at borders that are not cyclic.
  [[nodiscard]] Magnitude magnitude() const {
    return {Magnitude::Rule::bounded, 2, 2.0 * static_cast<double>(axes.size())};
  }
  void check() const;  ///< throws invalid_input: an axis that is not there, named twice, or none
};

}  // namespace iso::compute
