#pragma once

#include "iso/solvers/control.h"

#include <string>
#include <utility>
#include <vector>

/// Solvers are objects over operators and know neither CT nor MR: one code for every modality and every back end.
///
///     const auto a = backend.make(RayTransform{geometry, grid});
///     auto x = backend.allocate(a->domain(), stream);
///     solvers::Cgls solver{*a, {}, stream};                     // allocates its workspace, once
///     solver.start(readings, x);                                // x holds the start, and from now on the result
///     while (solver.history().size() < 20) solver.step();       // or run(control), which knows when to end
///
/// The functions of the same names (`cgls(...)`) make the object, start it and run it.
///
/// All share: the stream's stop token ends them with `cancelled` between two operator applications; an objective or residual
/// that is not finite, or that has grown a thousandfold over its smallest value, is `invalid_result` naming the iteration
/// (above its first value, too, and above a millionth of the data, where values are rounding); reductions have a fixed
/// order, so results do not depend on threads. `bytes(...)` of each class says what its objects hold beside x and data.
namespace iso::solvers {

/// What every iterative solver does around its own step: checking, recording, saving and continuing.
///
/// A derived class names, in its constructor, the arrays and numbers that carry over from one iteration to the next; with
/// the image and the history they are the checkpoint. Operators, data and stream are used until the last step and must outlive it.
class Solver {
 public:
  Solver(const Solver&) = delete;
  Solver& operator=(const Solver&) = delete;
  virtual ~Solver();

  /// One iteration. Throws cancelled, invalid_result (diverged), internal (not started).
  Step step();
  /// Steps until one of the ends of `control` is reached; may be called again, to go on. Throws as step, and invalid_input
  /// for a control that contradicts itself. `control.resume` is not read here: it is given to `start`.
  SolverResult run(const Control& control);
  /// Everything that is needed to continue to the same bits.
  [[nodiscard]] Checkpoint state() const;

  [[nodiscard]] const compute::Array& x() const noexcept { return x_; }
  [[nodiscard]] const std::vector<Step>& history() const noexcept { return history_; }
  /// Nothing is left to gain: a step would divide rounding by rounding.
  [[nodiscard]] bool exhausted() const noexcept { return exhausted_; }

 protected:
  Solver(std::string name, const compute::Backend& backend, compute::Stream& stream);

  /// Part of the state, from now on; the member must live as long as the solver.
  void carry(const std::string& name, compute::Array& array);
  void carry(const std::string& name, double& number);
  /// First in every start: history and state are those of the checkpoint, or empty if it is null. True with a checkpoint: the solver leaves
  /// out its own start. Throws invalid_input if the checkpoint does not hold the state in these shapes and types.
  bool begin(const compute::Array& x, const Checkpoint* resume);
  /// Divergence is told from rounding by the size of the data.
  void set_scale(double data_norm) noexcept { scale_ = data_norm; }
  void set_exhausted() noexcept { exhausted_ = true; }

  const std::string name_;
  const compute::Backend& backend_;
  const compute::VectorOps& ops_;
  compute::Stream& stream_;
  compute::Array x_;

 private:
  [[nodiscard]] virtual Step iterate() = 0;  ///< objective, residual and change of one iteration
  void restore(const Checkpoint& resume);
  void restore_history(const Checkpoint& resume);
  void check(const Step& step) const;
  void append(const Step& step);

  std::vector<std::pair<std::string, compute::Array*>> arrays_;
  std::vector<std::pair<std::string, double*>> numbers_;
  std::vector<Step> history_;
  double scale_{0}, least_objective_{0}, least_residual_{0};
  bool exhausted_{false};
};

}  // namespace iso::solvers
