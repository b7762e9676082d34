#pragma once

#include "iso/solvers/primal_dual.h"

#include <vector>

namespace iso::solvers {

struct SmoothPrimalDualOptions {
  FunctionalPtr g{};                    ///< G(x), null: 0
  double squared_norm{0};               ///< ‖A‖² or a bound from above; 0: by power iteration (plus 5 %)
  std::vector<double> squared_norms{};  ///< ‖K_i‖² likewise
  double dual_step{1.0 / 32};           ///< sigma, the same for every term
  double relaxation{1};                 ///< rho
  double huber{0};      ///< h: residuals beyond it count h |r| - h²/2 instead of |r|²/2; 0: all are squared
  double tolerance{0};  ///< ends when both optimality residuals are at or below it; 0: never
  int measured_every{
      10};  ///< objective and optimality cost one `normal` and one K more; they are measured every so often
};

/// How far an iterate is from a minimum, relative as in `SmoothPrimalDual`.
struct Optimality {
  int iteration{0};
  double objective{0}, primal{0}, dual{0};
};

/// Minimises f(A x - b) + G(x) + sum_i F_i(K_i x), f the half square or Huber's function, which enter by their gradient:
///
///     x1 = prox of tau G at x - tau (Aᴴ f'(A x - b) + sum_i K_iᴴ y_i)
///     y1_i = prox of sigma F_i* at y_i + sigma K_i (2 x1 - x)
///     (x, y) += rho ((x1, y1) - (x, y)),          1/tau = (‖A‖²/2 + sigma sum_i ‖K_i‖²) / 0.99
///
/// One `normal` of A and one forward and adjoint of every K an iteration, and no array of the range of A: for the half square
/// the gradient is AᴴA x - Aᴴb. (Huber's function takes a forward and an adjoint, and one such array.) `residual` of a step is
/// ‖A x - b‖ before it (with Huber's function the root of twice its value), `objective` that of the last measured iterate.
/// The optimality residuals are ‖(x - x1)/tau - (f'(x) - f'(x1)) - Kᴴ(y - y1)‖ / ‖Aᴴb‖ and ‖(y - y1)/sigma - K(x - x1)‖ /
/// max(‖K x1‖, ‖y1‖/sigma): members of the subdifferentials that are 0 at a minimum.
/// Errors   shape_mismatch, invalid_input (options).
/// Source   L. Condat, J. Optim. Theory Appl. 158 (2013) 460, algorithm 3.1 and theorem 3.1 (from where 1/2 ‖A‖²);
///          B. Vu, Adv. Comput. Math. 38 (2013) 667. The gradient by `normal` and the stopping rule are ours.
class SmoothPrimalDual final : public Solver {
 public:
  SmoothPrimalDual(const compute::LinearOperator& a, std::vector<Term> terms, const SmoothPrimalDualOptions& options,
                   compute::Stream& stream);
  void start(const compute::Array& b, compute::Array& x, const Checkpoint* resume = nullptr);
  void set_weight(std::size_t term, double weight);  ///< of F_term (`Functional::weighted`), from the next step on
  [[nodiscard]] const std::vector<Optimality>& measured() const noexcept { return measured_; }
  /// Six arrays of the domain; one of every range of K and two of the largest; with `huber` one of the range of A.
  [[nodiscard]] static std::size_t bytes(const ArraySpec& domain, const ArraySpec& range,
                                         const std::vector<ArraySpec>& ranges_of_k, bool huber);

 private:
  struct Dual {
    compute::Array y, kz;
  };
  struct Measurement {
    compute::Array primal;  ///< the residual of x, while it is summed up
    compute::Array moved;   ///< x - x1
    double dual{0}, kx{0}, y{0};
  };
  [[nodiscard]] Step iterate() override;
  double gradient(const compute::Array& x, compute::Array& out);
  void ascend(std::size_t i, Measurement* measurement);
  [[nodiscard]] Measurement begin_measurement();
  void measure_move(Measurement& measurement);
  void look_ahead();
  void end_measurement(Measurement& measurement);
  [[nodiscard]] double move();

  const compute::LinearOperator& a_;
  std::vector<Term> terms_;
  SmoothPrimalDualOptions options_;
  std::vector<Dual> duals_;
  compute::Array b_, aty_, gradient_, candidate_, ahead_, residual_;
  std::vector<Optimality> measured_;
  double tau_{0}, data_norm_{0}, aty_norm_{0}, objective_{0}, lipschitz_{0}, coupling_{0};
};

}  // namespace iso::solvers
