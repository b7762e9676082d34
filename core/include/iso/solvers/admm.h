#pragma once

#include "iso/solvers/control.h"
#include "iso/solvers/functional.h"

namespace iso::solvers {

struct AdmmOptions {
  double penalty{1};        ///< rho
  int inner_iterations{4};  ///< conjugate gradients on (AᴴA + rho KᴴK) x = ...
  FunctionalPtr box{};      ///< a constraint on x itself, as one more split variable; null: none
};

/// Minimises ½‖A x - b‖² + F(K x) by splitting z = K x. An iteration takes inner_iterations forwards and adjoints of A and K
/// (conjugate gradients, warm), and one forward of K. `objective` and `residual` are those of x, which meets the box in the
/// limit only: clamp the result.
/// Memory   two arrays of the domain (four with a box), two of the range of A, four of the range of K.
/// Errors   shape_mismatch, invalid_input (options).
/// Source: S. Boyd et al., Found. Trends Mach. Learn. 3 (2011) 1 (scaled form, fixed rho); S. Ramani and J. Fessler, IEEE
/// Trans. Med. Imaging 31 (2012) 677 for CT. Ours: conjugate gradients without a preconditioner, in a fixed number.
Outcome admm(const compute::LinearOperator& a, const compute::Array& b, const compute::LinearOperator& k,
             const Functional& f, compute::Array& x, const AdmmOptions& options, compute::Stream& stream,
             const Control& control);

}  // namespace iso::solvers
