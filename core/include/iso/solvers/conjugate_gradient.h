#pragma once

#include "iso/solvers/solver.h"

namespace iso::solvers {

struct CglsOptions {
  double l2{0};  ///< weight of ‖x‖², 0 or more
};

/// Minimises ‖A x - b‖² + l2 ‖x‖² by conjugate gradients on the normal equations without forming them. The residual
/// never grows. One forward and one adjoint an iteration. Exhausted when the gradient is down to rounding.
/// Errors: shape_mismatch, invalid_input (negative l2).
/// Source: M. Hestenes and E. Stiefel, J. Res. NBS 49 (1952) 409; A. Björck, Numerical Methods for Least Squares (1996), alg. 7.4.1.
class Cgls final : public Solver {
 public:
  Cgls(const compute::LinearOperator& a, const CglsOptions& options, compute::Stream& stream);
  void start(const compute::Array& b, compute::Array& x, const Checkpoint* resume = nullptr);
  /// Another l2, from the next start on: directions that are conjugate for one weight are not for another.
  void set_weight(double l2);
  /// Two arrays of the domain, two of the range.
  [[nodiscard]] static std::size_t bytes(const ArraySpec& domain, const ArraySpec& range);

 private:
  [[nodiscard]] Step iterate() override;
  [[nodiscard]] double gradient();
  const compute::LinearOperator& a_;
  double l2_{0}, gamma_{0}, first_gamma_{0};
  compute::Array r_, q_, p_, s_;
};

/// Solves A x = b for a self-adjoint positive A (domain and range equal). Hestenes and Stiefel (1952).
/// Errors: shape_mismatch, invalid_result (A is not positive).
class ConjugateGradient final : public Solver {
 public:
  ConjugateGradient(const compute::LinearOperator& a, compute::Stream& stream);
  void start(const compute::Array& b, compute::Array& x, const Checkpoint* resume = nullptr);
  [[nodiscard]] static std::size_t bytes(const ArraySpec& domain);  ///< three arrays of the domain

 private:
  [[nodiscard]] Step iterate() override;
  const compute::LinearOperator& a_;
  double rho_{0}, first_rho_{0};
  compute::Array r_, p_, q_;
};

SolverResult cgls(const compute::LinearOperator& a, const compute::Array& b, compute::Array& x,
                  const CglsOptions& options, compute::Stream& stream, const Control& control);
SolverResult conjugate_gradient(const compute::LinearOperator& a, const compute::Array& b, compute::Array& x,
                                compute::Stream& stream, const Control& control);

}  // namespace iso::solvers
