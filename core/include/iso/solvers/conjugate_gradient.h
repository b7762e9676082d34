#pragma once

#include "iso/solvers/control.h"

namespace iso::solvers {

struct CglsOptions {
  double l2{0};  ///< weight of ‖x‖²
};

/// Minimises ‖A x - b‖² + l2 ‖x‖² by conjugate gradients on the normal equations without forming them. The residual
/// never grows. One forward and one adjoint an iteration. Ends as converged when the gradient is down to rounding.
/// Memory: two arrays of the domain, two of the range. Errors: shape_mismatch, invalid_input (negative l2).
/// Source: M. Hestenes and E. Stiefel, J. Res. NBS 49 (1952) 409; A. Björck, Numerical Methods for Least Squares (1996), alg. 7.4.1.
Outcome cgls(const compute::LinearOperator& a, const compute::Array& b, compute::Array& x, const CglsOptions& options,
             compute::Stream& stream, const Control& control);

/// Solves A x = b for a self-adjoint positive A (domain and range equal). Hestenes and Stiefel (1952).
/// Memory: three arrays of the domain. Errors: shape_mismatch, invalid_result (A is not positive).
Outcome conjugate_gradient(const compute::LinearOperator& a, const compute::Array& b, compute::Array& x,
                           compute::Stream& stream, const Control& control);

}  // namespace iso::solvers
