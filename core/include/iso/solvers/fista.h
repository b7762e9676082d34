#pragma once

#include "iso/solvers/control.h"
#include "iso/solvers/functional.h"

namespace iso::solvers {

struct FistaOptions {
  double norm{0};      ///< ‖A‖ or a bound from above; 0: by power iteration (plus 5 %)
  bool restart{true};  ///< momentum is dropped when it points uphill (O'Donoghue and Candès 2015)
};

/// Minimises ½‖A x - b‖² + G(x). One forward and one adjoint an iteration: the residual at the extrapolated point follows from
/// those of two images.
/// Memory   two arrays of the domain, two of the range. Errors: shape_mismatch, invalid_input (negative norm).
/// Source: A. Beck and M. Teboulle, SIAM J. Imaging Sci. 2 (2009) 183, with constant step 1/‖A‖²; restart by the sign of
/// (y - x) . (x - previous): B. O'Donoghue and E. Candès, Found. Comput. Math. 15 (2015) 715.
Outcome fista(const compute::LinearOperator& a, const compute::Array& b, const Functional& g, compute::Array& x,
              const FistaOptions& options, compute::Stream& stream, const Control& control);

}  // namespace iso::solvers
