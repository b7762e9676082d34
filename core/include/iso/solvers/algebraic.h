#pragma once

#include "iso/solvers/solver.h"

#include <limits>
#include <span>

namespace iso::solvers {

struct AlgebraicOptions {
  double relaxation{1};                                                                                 ///< in (0, 2)
  double low{-std::numeric_limits<double>::infinity()}, high{std::numeric_limits<double>::infinity()};  ///< box
};

/// x <- P( x + relaxation C Aᴴ R (b - A x) ), R and C the reciprocal row and column sums of A (A must be non-negative), P
/// the projection on the box. From a zero start one projection and one back-projection an iteration, and one of each for the sums.
/// Errors: shape_mismatch, invalid_input (options).
/// Source: J. Gregor and T. Benson, IEEE Trans. Med. Imaging 27 (2008) 918; the projection on the box is ours.
class Sirt final : public Solver {
 public:
  Sirt(const compute::LinearOperator& a, const AlgebraicOptions& options, compute::Stream& stream);
  void start(const compute::Array& b, compute::Array& x, const Checkpoint* resume = nullptr);
  void set_weight(double relaxation);  ///< from the next step on
  /// Two arrays of the domain, two of the range.
  [[nodiscard]] static std::size_t bytes(const ArraySpec& domain, const ArraySpec& range);

 private:
  [[nodiscard]] Step iterate() override;
  const compute::LinearOperator& a_;
  AlgebraicOptions options_;
  compute::Array b_, rows_, columns_, r_, g_;
};

/// Some rows of a problem: an operator and what it is to explain. The pieces of `data` lie one behind the other in the range (along
/// its last axis), so that views of a subset may stay where they are in the scan.
struct Subset {
  compute::OperatorPtr a;
  std::vector<compute::Array> data;
};

/// The same, one subset of the rows after the other: SART with one view a subset, OS-SART with more. One iteration goes
/// once through all subsets, in the order given. The residual of a step is the one met on the way (no extra projection).
/// C is the reciprocal of the largest column sum that any subset has, one array for all: every subset's step is stable up to
/// a relaxation of 2, where sums of their own would need an array a subset. (The papers have those; this C and the box are ours.)
/// Errors: as Sirt.
/// Source: A. Andersen and A. Kak, Ultrason. Imaging 6 (1984) 81; G. Wang and M. Jiang, J. X-Ray Sci. Tech. 12 (2004) 169.
class OrderedSubsets final : public Solver {
 public:
  OrderedSubsets(std::vector<Subset> subsets, const AlgebraicOptions& options, compute::Stream& stream);
  void start(compute::Array& x, const Checkpoint* resume = nullptr);
  void set_weight(double relaxation);  ///< from the next step on
  /// Three arrays of the domain, one of the ranges of all subsets (`whole`), one of the largest.
  [[nodiscard]] static std::size_t bytes(const ArraySpec& domain, std::size_t whole, std::size_t largest);

 private:
  [[nodiscard]] Step iterate() override;
  void difference(const Subset& subset, compute::Array& r) const;
  std::vector<Subset> subsets_;
  AlgebraicOptions options_;
  std::vector<compute::Array> rows_;
  compute::Array columns_, g_, before_, r_;
  double data_norm_{0};
};

SolverResult sirt(const compute::LinearOperator& a, const compute::Array& b, compute::Array& x,
                  const AlgebraicOptions& options, compute::Stream& stream, const Control& control);
SolverResult ordered_subsets(std::vector<Subset> subsets, compute::Array& x, const AlgebraicOptions& options,
                             compute::Stream& stream, const Control& control);

}  // namespace iso::solvers
