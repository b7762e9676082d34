#include "iso/solvers/progress.h"

#include "iso/solvers/curve_limit.h"

namespace iso::solvers {

Progress::~Progress() = default;
void Progress::report(double, std::string_view) {}
void Progress::plot(std::string_view, double, double) {}
void Progress::figure(std::string_view, double, std::string_view) {}
void Progress::log(std::string_view) {}
void Progress::warn(std::string_view) {}
bool Progress::wants_preview() { return false; }
void Progress::preview(const compute::Array&) {}
bool Progress::wants_checkpoint() { return false; }
void Progress::keep(const Checkpoint&) {}
const Checkpoint* Progress::resumed() const noexcept { return nullptr; }

void plot_limit(Progress& progress, std::string_view curve, double limit) {
  progress.plot(std::string{curve} + std::string{limit_suffix}, 0, limit);
}

Control make_control(Progress& progress, int iterations, double relative_tolerance, ProgressRange range) {
  Control control;
  control.iterations = iterations;
  control.relative_tolerance = relative_tolerance;
  const bool watched = relative_tolerance > 0;
  if (watched) plot_limit(progress, "change", relative_tolerance);
  control.observer = [&progress, iterations, range, watched](const Step& step, const compute::Array& x) {
    progress.report(range.at(static_cast<double>(step.iteration) / iterations), range.stage);
    progress.plot("residual", step.iteration, step.residual);
    progress.plot("objective", step.iteration, step.objective);
    if (watched) progress.plot("change", step.iteration, step.change);
    if (progress.wants_preview()) progress.preview(x);
    return true;
  };
  control.wants_checkpoint = [&progress] { return progress.wants_checkpoint(); };
  control.keep = [&progress](const Checkpoint& state) { progress.keep(state); };
  control.resume = progress.resumed();
  return control;
}

std::string to_text(const SolverResult& result) {
  return "ended after " + std::to_string(result.history.size()) + " iterations: " +
         (result.reason == StopReason::target_reached ? "residual target reached"
                                                      : std::string{to_string(result.reason)});
}

}  // namespace iso::solvers
