#pragma once

#include "method/pixel_matrix.h"

/// The decompositions that the methods need, compiled once.
namespace spectral_unmixing {

/// Eigenvalues of a symmetric matrix, ascending, and its vectors in columns.
struct SymmetricAxes {
  Vector values;
  Matrix vectors;
};
[[nodiscard]] SymmetricAxes symmetric_axes(const Matrix& symmetric);
/// A^-1 B for a symmetric matrix, positive semidefinite.
[[nodiscard]] Matrix solve_symmetric(const Matrix& a, const Matrix& b);
[[nodiscard]] Matrix inverse_symmetric(const Matrix& a);
/// Of a square matrix; false where it is singular to working precision.
[[nodiscard]] bool invert_square(const Matrix& a, Matrix& inverse);
/// Singular values, descending, by the eigenvalues of the smaller Gram matrix.
[[nodiscard]] Vector singular_values(const Matrix& a);
/// A B, A^T B and A B^T, so that the kernels of the products are compiled once.
[[nodiscard]] Matrix product(const Matrix& a, const Matrix& b);
[[nodiscard]] Matrix transposed_product(const Matrix& a, const Matrix& b);
[[nodiscard]] Matrix product_transposed(const Matrix& a, const Matrix& b);

}  // namespace spectral_unmixing
