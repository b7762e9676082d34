#pragma once

#include "iso/solvers/functional.h"
#include "iso/solvers/solver.h"

#include <vector>

namespace iso::solvers {

/// One term F(K x).
struct Term {
  compute::OperatorPtr k;
  FunctionalPtr f;
};

struct PrimalDualOptions {
  FunctionalPtr g{};            ///< G(x), null: 0
  double ratio{1};              ///< primal step over the dual step of the first term; larger moves x faster
  double relaxation{1};         ///< theta, in (0, 1]
  std::vector<double> norms{};  ///< ‖K_i‖ or a bound from above; where missing or 0 by power iteration (plus 5 %)
  /// A step of its own for every element (Pock and Chambolle 2011): dual 1 / row sums, primal 1 / column sums of |K| over all
  /// terms (`LinearOperator::abs_sums`), moved against each other by sqrt(ratio). Converges much faster where rows differ in
  /// size. All rows of one vector must have the same sum.
  bool diagonal_steps{false};
};

/// Minimises sum_i F_i(K_i x) + G(x).
///
/// One forward and one adjoint of every K an iteration; diagonal steps take what `abs_sums` takes. Without
/// them every term takes an equal share of the condition tau sum_i sigma_i ‖K_i‖² <= 1, so that scaling an operator does not
/// change the iterates. `residual` of a step is ‖K_0 x - data‖ if F_0 has data, otherwise 0; `objective` leaves constraints out.
/// Errors   shape_mismatch, invalid_input (no term; residual_target without data in the first term), unsupported (diagonal
///          steps for a functional that has no such proximal map, or an operator of whose |K| nothing is known).
/// Source   A. Chambolle and T. Pock, J. Math. Imaging Vis. 40 (2011) 120, algorithm 1; T. Pock and A. Chambolle, ICCV (2011)
///          1762, lemma 2 with alpha 1; E. Sidky, J. Jørgensen and X. Pan, Phys. Med. Biol. 57 (2012) 3065 for CT. The
///          equal shares of the terms are ours.
class PrimalDual final : public Solver {
 public:
  PrimalDual(std::vector<Term> terms, const PrimalDualOptions& options, compute::Stream& stream);
  void start(compute::Array& x, const Checkpoint* resume = nullptr);
  void set_weight(std::size_t term, double weight);  ///< of F_term (`Functional::weighted`), from the next step on
  /// One array of the domain; two of the range of every term and one of every different range; with diagonal steps one more
  /// of each and of the domain; and the largest range once more, as scratch of a functional.
  [[nodiscard]] static std::size_t bytes(const ArraySpec& domain, const std::vector<ArraySpec>& ranges,
                                         bool diagonal_steps);

 private:
  struct Dual {
    compute::Array y, kx, next;  // the dual variable, K x, and K of the next x
    compute::Array steps;        // of every element, with diagonal steps
    double norm{0}, step{0};
  };
  [[nodiscard]] Step iterate() override;
  void prepare_diagonal_steps();
  void choose_steps();
  void ascend(std::size_t i, double theta);
  [[nodiscard]] double descend();
  void measure(std::size_t i, Step& out);

  std::vector<Term> terms_;
  PrimalDualOptions options_;
  std::vector<Dual> duals_;
  compute::Array candidate_, primal_steps_;
  double tau_{0};
};

SolverResult primal_dual(std::vector<Term> terms, compute::Array& x, const PrimalDualOptions& options,
                         compute::Stream& stream, const Control& control);

}  // namespace iso::solvers
