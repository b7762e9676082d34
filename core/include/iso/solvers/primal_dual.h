#pragma once

#include "iso/solvers/control.h"
#include "iso/solvers/functional.h"

#include <span>
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
  /// Steps of their own for every element after Pock and Chambolle, ICCV 2011, made by `diagonal_steps`: dual per term
  /// (shape of its range) and primal (shape of x). They converge much faster where rows differ in size. Empty: one step.
  std::vector<compute::Array> dual_steps{};
  compute::Array primal_steps{};
};

/// Minimises sum_i F_i(K_i x) + G(x).
///
/// One forward and one adjoint of every K an iteration. Without diagonal steps every term takes an equal share of the
/// condition tau sum_i sigma_i ‖K_i‖² <= 1, so that scaling an operator does not change the iterates. `residual` of a step is
/// ‖K_0 x - data‖ if F_0 is a squared distance or a ball, otherwise 0; `objective` leaves constraints out.
/// Memory   one array of the domain; two of the range of every term, and one of every different range; one of the range
///          of a squared distance while it is measured.
/// Errors   shape_mismatch, invalid_input (no term; residual_target without data in the first term), unsupported (diagonal
///          steps for a functional that has no such proximal map).
/// Source   A. Chambolle and T. Pock, J. Math. Imaging Vis. 40 (2011) 120, algorithm 1; E. Sidky, J. Jørgensen and X. Pan,
///          Phys. Med. Biol. 57 (2012) 3065 for CT. The equal shares of the terms are ours.
Outcome primal_dual(std::span<const Term> terms, compute::Array& x, const PrimalDualOptions& options,
                    compute::Stream& stream, const Control& control);

/// Sums of |K| along rows and columns. For an operator without negative entries (a ray transform) leave it as it is: they are
/// K 1 and Kᴴ 1. Differences over d axes have row sums 2 and column sums up to 2 d: `AbsoluteSums{true, 2, 2 d}`.
struct AbsoluteSums {
  bool known{false};
  double row{0}, column{0};  ///< or bounds from above; all rows of a vector must have the same
};

/// Fills in the diagonal steps: dual 1 / row sums, primal 1 / column sums over all terms, moved against each other by
/// sqrt(ratio). One forward and one adjoint of each K whose sums are not known.
/// Source   T. Pock and A. Chambolle, ICCV (2011) 1762, lemma 2 with alpha 1.
void diagonal_steps(std::span<const Term> terms, std::span<const AbsoluteSums> sums, PrimalDualOptions& options,
                    compute::Stream& stream);

}  // namespace iso::solvers
