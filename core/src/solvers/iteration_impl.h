#pragma once

#include "iso/solvers/control.h"

#include <string>
#include <utility>
#include <vector>

namespace iso::solvers::detail {

/// What every iterative solver does around its own step: stopping, telling, checking, saving and going on.
///
/// A solver names the arrays and numbers that carry over from one iteration to the next; together with the image and
/// the history they are the checkpoint. If `resumed()` says true they already hold the state of the checkpoint, and the
/// solver leaves out its own start.
class Iteration {
 public:
  /// `x` is the image that observers see. Throws invalid_input for a Control that contradicts itself.
  Iteration(std::string solver, const Control& control, compute::Array& x, compute::Stream& stream);

  /// Part of the state, from now on. Throws invalid_input if the checkpoint does not hold it in this shape and type.
  void carry(const std::string& name, compute::Array& array);
  void carry(const std::string& name, double& number);
  [[nodiscard]] bool resumed() const noexcept { return control_.resume != nullptr; }
  /// Divergence is told from rounding by the size of the data.
  void scale(double data_norm) noexcept { scale_ = data_norm; }
  /// Nothing is left to gain: the loop ends as converged after the running step, or before the first.
  void exhausted() noexcept { exhausted_ = true; }

  /// Calls `step(iteration)`, which returns objective, residual and change, until one of the ends of Control is reached.
  template <class OneStep>
  [[nodiscard]] Outcome run(OneStep&& step) {
    while (!finished()) record(step(next()));
    return std::move(outcome_);
  }

 private:
  [[nodiscard]] bool finished();
  [[nodiscard]] int next() const noexcept { return static_cast<int>(outcome_.history.size()) + 1; }
  void record(Step step);
  void check(const Step& step) const;
  [[nodiscard]] Checkpoint state() const;
  void restore_history();

  std::string solver_;
  const Control& control_;
  compute::Array& x_;
  compute::Stream& stream_;
  std::vector<std::pair<std::string, compute::Array*>> arrays_;
  std::vector<std::pair<std::string, double*>> numbers_;
  Outcome outcome_;
  double scale_{0}, least_objective_, least_residual_;
  bool exhausted_{false}, ended_{false};
};

/// Throws shape_mismatch unless x and b fit the operator.
void expect_problem(std::string_view solver, const compute::LinearOperator& a, const compute::Array& b,
                    const compute::Array& x);

/// r = b - A x; without applying A where x is zero.
void residual_into(const compute::LinearOperator& a, const compute::Array& b, const compute::Array& x,
                   compute::Array& r, compute::Stream& stream);

/// x <- candidate, and the norm of the difference over the norm of the new x (0 if nothing moved). `candidate` is
/// scratch afterwards.
[[nodiscard]] double move_to(compute::Array& candidate, compute::Array& x, compute::Stream& stream);

[[nodiscard]] inline double relative(double update, double size) noexcept {
  return size > 0 ? update / size : (update == 0 ? 0.0 : 1.0);
}

}  // namespace iso::solvers::detail
