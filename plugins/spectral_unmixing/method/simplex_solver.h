#pragma once

#include <cstdint>
#include <vector>

namespace spectral_unmixing {

/// Minimises  1/2 a^T H a - b^T a  over a >= 0, and over 1^T a = 1 where the sum rule holds: the exact minimiser by the active-set
/// method of Lawson and Hanson (Solving Least Squares Problems, 1974, chapter 23), for one H and many b. With the sum rule the
/// method starts at the best vertex, and the multiplier of the sum is eliminated. A penalty lambda |a|_1 is b - lambda.
class SimplexSolver {
 public:
  /// H is k x k, symmetric, row after row. A multiple of its trace of 1e-12 is added to the diagonal.
  SimplexSolver(std::vector<double> h, std::int64_t k, bool sum_to_one);
  /// Memory of one thread.
  struct Workspace {
    std::vector<double> gradient, factor, right, ones, solution;
    std::vector<std::int32_t> passive;
    std::vector<char> is_passive, blocked;
  };
  [[nodiscard]] Workspace make_workspace() const;
  void solve(const double* b, double* a, Workspace& work) const;

 private:
  [[nodiscard]] bool solve_whole(const double* b, double* a) const;
  void start(const double* b, double* a, Workspace& work) const;
  double solve_passive(const double* b, Workspace& work) const;  ///< the multiplier of the sum, 0 without the rule
  void shrink(double* a, Workspace& work) const;

  std::vector<double> h_, inverse_, inverse_ones_;
  std::int64_t k_;
  bool sum_to_one_;
  double ones_sum_{0};
};

}  // namespace spectral_unmixing
