#pragma once

#include "iso/compute/operator_spec.h"

#include <cstddef>
#include <vector>

namespace iso::compute {

/// Forward differences x[i+1] - x[i] along each of `axes`, zero at the far border; range shape is grid + {axes.size()}.
struct FiniteDifference {
  static constexpr std::string_view name = "finite difference";
  static constexpr Values values = Values::real;
  Shape grid;
  std::vector<std::size_t> axes;
  ScalarType type{ScalarType::f32};

  [[nodiscard]] ArraySpec domain() const { return {grid, type}; }
  [[nodiscard]] ArraySpec range() const;
  /// Rows sum to 2, columns to 2 for each axis, both less at the borders.
  [[nodiscard]] Magnitude magnitude() const {
    return {Magnitude::Rule::bounded, 2, 2.0 * static_cast<double>(axes.size())};
  }
  void check() const;  ///< throws invalid_input: an axis that is not there, named twice, or none
};

}  // namespace iso::compute
