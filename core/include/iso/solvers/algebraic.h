#pragma once

#include "iso/solvers/control.h"

#include <limits>
#include <span>

namespace iso::solvers {

struct AlgebraicOptions {
  double relaxation{1};                                                                                 ///< in (0, 2)
  double low{-std::numeric_limits<double>::infinity()}, high{std::numeric_limits<double>::infinity()};  ///< box
};

/// x += relaxation C Aᴴ R (b - A x), R and C the reciprocal row and column sums of A (A must be non-negative).
/// From a zero start one projection and one back-projection an iteration, and one of each for the sums.
/// Memory: two arrays of the domain, two of the range. Errors: shape_mismatch, invalid_input (options).
/// Source: J. Gregor and T. Benson, IEEE Trans. Med. Imaging 27 (2008) 918; the projection on the box is ours.
Outcome sirt(const compute::LinearOperator& a, const compute::Array& b, compute::Array& x,
             const AlgebraicOptions& options, compute::Stream& stream, const Control& control);

/// The same, one subset of the rows after the other: SART with one view a subset, OS-SART with more. One iteration goes
/// once through all subsets, in the order given. The residual of a step is the one met on the way (no extra projection).
/// C is the reciprocal of the largest column sum that any subset has, one array for all: every subset's step is stable up to
/// a relaxation of 2, where sums of their own would need an array a subset. (The papers have those; this C and the box are ours.)
/// Memory: three arrays of the domain, one of the ranges of all subsets, one of the largest. Errors: as sirt.
/// Source: A. Andersen and A. Kak, Ultrason. Imaging 6 (1984) 81; G. Wang and M. Jiang, J. X-Ray Sci. Tech. 12 (2004) 169.
Outcome ordered_subsets(std::span<const compute::OperatorPtr> subsets, std::span<const compute::Array> data,
                        compute::Array& x, const AlgebraicOptions& options, compute::Stream& stream,
                        const Control& control);

}  // namespace iso::solvers
