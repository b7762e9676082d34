#include "method/linear_algebra.h"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <Eigen/LU>

#include <algorithm>
#include <cmath>

namespace spectral_unmixing {

SymmetricAxes symmetric_axes(const Matrix& symmetric) {
  const Eigen::SelfAdjointEigenSolver<Matrix> solver{symmetric};
  return {solver.eigenvalues(), solver.eigenvectors()};
}

Matrix solve_symmetric(const Matrix& a, const Matrix& b) { return Eigen::LDLT<Matrix>{a}.solve(b); }

Matrix inverse_symmetric(const Matrix& a) { return solve_symmetric(a, Matrix::Identity(a.rows(), a.cols())); }

bool invert_square(const Matrix& a, Matrix& inverse) {
  const Eigen::PartialPivLU<Matrix> lu{a};
  const Vector pivots = lu.matrixLU().diagonal().cwiseAbs();
  if (!(pivots.minCoeff() > 1e-10 * pivots.maxCoeff())) return false;
  inverse = lu.inverse();
  return inverse.allFinite();
}

Vector singular_values(const Matrix& a) {
  const Matrix gram = a.rows() < a.cols() ? product_transposed(a, a) : transposed_product(a, a);
  return symmetric_axes(gram).values.reverse().cwiseMax(0).cwiseSqrt();
}

Matrix product(const Matrix& a, const Matrix& b) { return a * b; }
Matrix transposed_product(const Matrix& a, const Matrix& b) { return a.transpose() * b; }
Matrix product_transposed(const Matrix& a, const Matrix& b) { return a * b.transpose(); }

}  // namespace spectral_unmixing
