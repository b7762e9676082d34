#pragma once

#include "iso/compute/backend.h"
#include "iso/data/checkpoint.h"

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace iso::solvers {

/// What one iteration did.
struct Step {
  int iteration{0};     ///< 1 after the first
  double objective{0};  ///< what is minimised, where it is known without extra cost; otherwise the residual
  double residual{0};   ///< norm of A x - b for the x of this step
  double change{0};     ///< norm of the last update over norm of x
};

/// Called after every iteration with the image so far; return false to stop early (the result so far is kept).
using Observer = std::function<bool(const Step&, const compute::Array& x)>;

/// When a run ends, what is called on the way, and which state it continues.
struct Control {
  int iterations{100};           ///< in total, those of `resume` and of earlier runs of the same object included
  double relative_tolerance{0};  ///< ends when `change` falls below it; 0: never
  double residual_target{0};     ///< ends when `residual` is at or below it (discrepancy rule); 0: never
  Observer observer{};
  std::function<bool()> wants_checkpoint{};       ///< asked after every iteration
  std::function<void(const Checkpoint&)> keep{};  ///< given the state when it was wanted
  const Checkpoint* resume{nullptr};  ///< continue to the same bits as an uninterrupted run, history included
};

enum class StopReason : std::uint8_t { converged, target_reached, iterations, observer };
[[nodiscard]] std::string_view to_string(StopReason reason) noexcept;

struct SolverResult {
  StopReason reason{StopReason::iterations};
  std::vector<Step> history;
};

}  // namespace iso::solvers
