#pragma once

#include "iso/solvers/functional.h"
#include "iso/solvers/solver.h"

namespace iso::solvers {

struct AdmmOptions {
  double penalty{1};        ///< rho
  int inner_iterations{4};  ///< conjugate gradients on (AᴴA + rho KᴴK) x = ...
  FunctionalPtr box{};      ///< a constraint on x itself, as one more split variable; null: none
};

/// Minimises ½‖A x - b‖² + F(K x) by splitting z = K x. An iteration takes inner_iterations forwards and adjoints of A and K
/// (conjugate gradients, warm), and one forward of K. `objective` and `residual` are those of x, which meets the box in the
/// limit only: clamp the result.
/// Errors   shape_mismatch, invalid_input (options).
/// Source: S. Boyd et al., Found. Trends Mach. Learn. 3 (2011) 1 (scaled form, fixed rho); S. Ramani and J. Fessler, IEEE
/// Trans. Med. Imaging 31 (2012) 677 for CT. Ours: conjugate gradients without a preconditioner, in a fixed number.
class Admm final : public Solver {
 public:
  Admm(const compute::LinearOperator& a, const compute::LinearOperator& k, FunctionalPtr f, const AdmmOptions& options,
       compute::Stream& stream);
  void start(const compute::Array& b, compute::Array& x, const Checkpoint* resume = nullptr);
  /// Weight of F (`Functional::weighted`) and rho, from the next step on. The scaled multipliers stay as they are.
  void set_weight(double weight, double penalty);
  /// Two arrays of the domain (four with a box), two of the range of A, four of the range of K.
  [[nodiscard]] static std::size_t bytes(const ArraySpec& domain, const ArraySpec& range, const ArraySpec& range_of_k,
                                         bool box);

 private:
  [[nodiscard]] Step iterate() override;
  [[nodiscard]] double gradient();
  [[nodiscard]] double minimise_in_x();
  const compute::LinearOperator &a_, &k_;
  FunctionalPtr f_;
  AdmmOptions options_;
  compute::Array b_, r_, ap_, p_, s_, z_, u_, d_, kp_, w_, v_;
};

SolverResult admm(const compute::LinearOperator& a, const compute::Array& b, const compute::LinearOperator& k,
                  FunctionalPtr f, compute::Array& x, const AdmmOptions& options, compute::Stream& stream,
                  const Control& control);

}  // namespace iso::solvers
