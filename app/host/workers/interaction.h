#pragma once

#include "worker_executor.h"

#include "iso/job/interaction.h"

#include <chrono>
#include <memory>
#include <span>
#include <string>

namespace iso::host {

/// One warm worker that answers while the user marks: a crash or an endless loop of the plugin ends the worker, not the
/// desktop. Calls block; one at a time, but for `stop`.
class InteractionWorker {
 public:
  virtual ~InteractionWorker();
  /// The best answer to all marks within the budget (`iso/plugin/task.h`, Interaction). Throws what the plugin threw;
  /// plugin_crashed if the worker died or did not answer within ten times the budget plus a second.
  [[nodiscard]] virtual job::InteractionAnswer answer(std::span<const plugin::Mark> marks,
                                                      const std::string& parameters_json,
                                                      std::chrono::milliseconds budget) = 0;
  /// Asks the task to end the answer that is being made, from any thread; without one, does nothing.
  virtual void stop() noexcept = 0;
};

/// Inputs travel as shared memory. Throws unsupported for a task that is not interactive, and what loading and planning
/// throw.
[[nodiscard]] std::shared_ptr<InteractionWorker> start_interaction(WorkerOptions options,
                                                                   const job::InteractionRecipe& recipe,
                                                                   const plugin::Datasets& inputs);

}  // namespace iso::host
