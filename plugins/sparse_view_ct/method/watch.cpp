#include "method/watch.h"

#include <map>
#include <utility>

namespace sparse_view_ct {

Watch Watch::silent() {
  Watch watch;
  watch.report = [](double, std::string_view) {};
  watch.plot = [](std::string_view, double, double) {};
  watch.log = watch.warn = [](const std::string&) {};
  watch.wants_preview = watch.wants_checkpoint = [] { return false; };
  watch.preview = [](const iso::compute::Array&) {};
  watch.keep = [](const iso::Checkpoint&) {};
  return watch;
}

iso::solvers::Control control_for(const Watch& watch, int iterations, double relative_tolerance, Stretch stretch,
                                  std::map<std::string, double> numbers) {
  iso::solvers::Control control;
  control.iterations = iterations;
  control.relative_tolerance = relative_tolerance;
  control.observer = [&watch, iterations, stretch](const iso::solvers::Step& step, const iso::compute::Array& x) {
    const double done = static_cast<double>(step.iteration) / iterations;
    watch.report(stretch.begin + done * (stretch.end - stretch.begin), stretch.stage);
    watch.plot("residual", step.iteration, step.residual);
    watch.plot("objective", step.iteration, step.objective);
    if (watch.wants_preview()) watch.preview(x);
    return true;
  };
  control.wants_checkpoint = watch.wants_checkpoint;
  control.keep = [&watch, numbers = std::move(numbers)](const iso::Checkpoint& state) {
    iso::Checkpoint extended = state;
    for (const auto& [name, value] : numbers) extended.numbers[name] = value;
    watch.keep(extended);
  };
  if (watch.resumed) control.resume = &*watch.resumed;
  return control;
}

std::string in_words(const iso::solvers::Outcome& outcome) {
  return "ended after " + std::to_string(outcome.history.size()) + " iterations: " +
         (outcome.why == iso::solvers::Ended::target_reached ? "residual target reached"
                                                             : std::string{to_string(outcome.why)});
}

}  // namespace sparse_view_ct
