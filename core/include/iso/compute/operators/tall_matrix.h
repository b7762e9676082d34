#pragma once

#include "iso/compute/array.h"
#include "iso/compute/operator_spec.h"
#include "iso/data/pixels.h"

#include <cstdint>

namespace iso::compute {

/// Products with matrices M of many rows and few columns, `batch` of them side by side:
///
///     forward   y[., p, b] = M_b x[., p, b],        adjoint   x[., p, b] = M_bᴴ y[., p, b].
///
/// The adjoint applied to M itself is the Gram matrix MᴴM, the forward applied to a small square matrix W is M W: what
/// singular values of a tall matrix are found and changed by. What is small, the domain, is in double precision, and so are
/// the sums of the adjoint, in an order that the shape alone fixes: squaring would lose small singular values otherwise.
struct TallMatrix {
  static constexpr std::string_view name = "tall matrix";
  static constexpr Values values = Values::complex;
  std::int64_t rows{0}, columns{0}, batch{1};
  std::int64_t products{1};  ///< columns of x and y
  Pixels matrix{};   ///< row, column, matrix; of `type`. May be empty where `resident` is there, or to ask for the cost
  Array resident{};  ///< the same on the back end already, in any shape of as many elements; it is not copied
  ScalarType type{ScalarType::c64};

  [[nodiscard]] ArraySpec matrix_spec() const { return {{rows, columns, batch}, type}; }
  [[nodiscard]] ArraySpec domain() const { return {{columns, products, batch}, ScalarType::c128}; }
  [[nodiscard]] ArraySpec range() const { return {{rows, products, batch}, type}; }
  [[nodiscard]] static Magnitude magnitude() { return {}; }
  /// Throws invalid_input: no row, column, matrix or product; shape_mismatch: a matrix of another shape; type_mismatch.
  void check() const;
  /// What a back end asks before it makes one. Throws invalid_input: neither `matrix` nor `resident`.
  void expect_matrix() const;
};

}  // namespace iso::compute
