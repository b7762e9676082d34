#pragma once

#include "iso/solvers/control.h"
#include "iso/solvers/functional.h"

#include <span>

namespace iso::solvers {

/// One term F(K x).
struct Term {
  compute::OperatorPtr k;
  FunctionalPtr f;
};

struct PrimalDualOptions {
  FunctionalPtr g{};        ///< G(x), null: 0
  double ratio{1};          ///< primal step over dual step
  double relaxation{1};     ///< theta
  std::vector<double> norms{};  ///< ‖K_i‖ if known, otherwise by power iteration
  /// Diagonal steps after Pock and Chambolle, ICCV 2011, where every K has an `absolute` row and column sum that is known:
  /// much faster for badly scaled operators. The sums are given here, dual per term (shape of the range) and primal.
  std::vector<compute::Array> dual_steps{};
  compute::Array primal_steps{};
};

/// Minimises sum_i F_i(K_i x) + G(x). `residual` of a step is the norm of K_0 x - (its data) if F_0 is a squared distance.
/// Source: A. Chambolle and T. Pock, J. Math. Imaging Vis. 40 (2011) 120, algorithm 1; E. Sidky, J. Jørgensen and X. Pan,
/// Phys. Med. Biol. 57 (2012) 3065 for CT.
Outcome primal_dual(std::span<const Term> terms, compute::Array& x, const PrimalDualOptions& options, compute::Stream& stream,
                    const Control& control);

}  // namespace iso::solvers
