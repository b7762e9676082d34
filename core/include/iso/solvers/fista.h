#pragma once

#include "iso/solvers/functional.h"
#include "iso/solvers/solver.h"

namespace iso::solvers {

struct FistaOptions {
  double norm{0};      ///< ‖A‖ or a bound from above; 0: by power iteration (plus 5 %)
  bool restart{true};  ///< momentum is dropped when it points uphill (O'Donoghue and Candès 2015)
};

/// Minimises ½‖A x - b‖² + G(x). One forward and one adjoint an iteration: the residual at the extrapolated point follows from
/// those of two images.
/// Errors: shape_mismatch, invalid_input (negative norm).
/// Source: A. Beck and M. Teboulle, SIAM J. Imaging Sci. 2 (2009) 183, with constant step 1/‖A‖²; restart by the sign of
/// (y - x) . (x - previous): B. O'Donoghue and E. Candès, Found. Comput. Math. 15 (2015) 715.
class Fista final : public Solver {
 public:
  Fista(const compute::LinearOperator& a, FunctionalPtr g, const FistaOptions& options, compute::Stream& stream);
  void start(const compute::Array& b, compute::Array& x, const Checkpoint* resume = nullptr);
  void set_weight(double weight);  ///< of G (`Functional::weighted`), from the next step on
  /// Two arrays of the domain, two of the range; the scratch of G beside them.
  [[nodiscard]] static std::size_t bytes(const ArraySpec& domain, const ArraySpec& range);

 private:
  [[nodiscard]] Step iterate() override;
  const compute::LinearOperator& a_;
  FunctionalPtr g_;
  FistaOptions options_;
  double t_{1}, norm_{0};
  compute::Array b_, r_, q_, y_, z_;
};

SolverResult fista(const compute::LinearOperator& a, const compute::Array& b, FunctionalPtr g, compute::Array& x,
                   const FistaOptions& options, compute::Stream& stream, const Control& control);

}  // namespace iso::solvers
