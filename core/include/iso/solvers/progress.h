#pragma once

#include "iso/solvers/control.h"

#include <string>
#include <string_view>

namespace iso::solvers {

/// What a method tells the program while it runs, and what it asks. This class answers "no" and drops everything, for tests
/// and benchmarks; `plugin::TaskProgress` (iso/plugin/task_progress.h) ties it to the run context of a task.
class Progress {
 public:
  Progress() = default;
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  virtual ~Progress();
  virtual void report(double fraction, std::string_view stage);  ///< fraction of the whole task, in [0, 1]
  virtual void plot(std::string_view curve, double x, double y);
  virtual void figure(std::string_view name, double value, std::string_view unit);
  virtual void log(std::string_view text);
  virtual void warn(std::string_view text);
  [[nodiscard]] virtual bool wants_preview();
  virtual void preview(const compute::Array& x);  ///< x as the solver has it
  [[nodiscard]] virtual bool wants_checkpoint();
  virtual void keep(const Checkpoint& state);
  [[nodiscard]] virtual const Checkpoint* resumed() const noexcept;  ///< null: from the start
};

/// The part of a task that one stage takes in the progress bar.
struct ProgressRange {
  double begin{0}, end{1};
  std::string_view stage{"iterations"};
  [[nodiscard]] double at(double done) const noexcept { return begin + done * (end - begin); }
};

/// A control for so many iterations that reports over the range, plots "residual" and "objective", shows previews, and
/// keeps and resumes checkpoints. `progress` must outlive it.
[[nodiscard]] Control make_control(Progress& progress, int iterations, double relative_tolerance, ProgressRange range);

/// "ended after 87 iterations: converged".
[[nodiscard]] std::string to_text(const SolverResult& result);

}  // namespace iso::solvers
