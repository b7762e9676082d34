#pragma once

#include "iso/compute/backend.h"
#include "iso/data/checkpoint.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

/// Solvers are functions over operators and know neither CT nor MR: one code for every modality and every backend.
///
///     const auto a = backend.make(RayTransform{geometry, grid});
///     auto x = backend.allocate(a->domain(), stream);
///     solvers::Control control{.iterations = 20, .relative_tolerance = 1e-3};
///     const auto outcome = solvers::cgls(*a, readings, x, {}, stream, control);
///
/// All share: x holds the start and the result; the stream's stop token ends them with `cancelled` between two operator
/// applications; an objective or residual that is not finite, or that has grown a thousandfold over its smallest value,
/// is `invalid_result` naming the iteration (above its first value, too, and above a millionth of the data, where values are
/// rounding); reductions have a fixed order, so results do not depend on threads.
namespace iso::solvers {

struct Step {
  int iteration{0};     ///< 1 after the first
  double objective{0};  ///< what is minimised, where it is known without extra cost; otherwise the residual
  double residual{0};   ///< norm of A x - b for the x of this step
  double change{0};     ///< norm of the last update over norm of x
};

/// Called after every iteration with the image so far; return false to stop early (the result so far is kept).
using Observer = std::function<bool(const Step&, const compute::Array& x)>;

/// When to end, whom to tell, and how to go on after an interruption.
struct Control {
  int iterations{100};
  double relative_tolerance{0};  ///< ends when `change` falls below it; 0: never
  double residual_target{0};     ///< ends when `residual` is at or below it (discrepancy rule); 0: never
  Observer observer{};
  std::function<bool()> wants_checkpoint{};       ///< asked after every iteration
  std::function<void(const Checkpoint&)> keep{};  ///< given the state when it was wanted
  const Checkpoint* resume{nullptr};  ///< continue to the same bits as an uninterrupted run, history included
};

enum class Ended : std::uint8_t { converged, target_reached, iterations, observer };
[[nodiscard]] std::string_view to_string(Ended why) noexcept;

struct Outcome {
  Ended why{Ended::iterations};
  std::vector<Step> history;
};

}  // namespace iso::solvers
