#pragma once

#include <iso/compute/array.h>
#include <iso/data/checkpoint.h>
#include <iso/solvers/control.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace sparse_view_ct {

/// Whom a method tells how it goes. The adapter ties this to the run context; every member must be set.
struct Watch {
  std::function<void(double fraction, std::string_view stage)> report;
  std::function<void(std::string_view curve, double x, double y)> plot;
  std::function<void(const std::string&)> log, warn;
  std::function<bool()> wants_preview;
  std::function<void(const iso::compute::Array& x)> preview;  ///< x on the grid of the problem, 1/mm
  std::function<bool()> wants_checkpoint;
  std::function<void(const iso::Checkpoint&)> keep;
  std::optional<iso::Checkpoint> resumed;

  /// Says nothing to nobody; what tests start from.
  [[nodiscard]] static Watch silent();
};

/// The part of the whole task that the iterations take, for the progress bar.
struct Stretch {
  double begin{0}, end{1};
  std::string_view stage{"iterations"};
};

/// A solver's control that reports progress over the stretch, plots "residual" and "objective", shows previews, and keeps
/// checkpoints with `numbers` added to them. `watch` must outlive it.
[[nodiscard]] iso::solvers::Control control_for(const Watch& watch, int iterations, double relative_tolerance,
                                                Stretch stretch, std::map<std::string, double> numbers = {});

/// "ended after 87 iterations: converged".
[[nodiscard]] std::string in_words(const iso::solvers::Outcome& outcome);

}  // namespace sparse_view_ct
