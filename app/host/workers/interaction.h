#pragma once

#include "worker_executor.h"

#include "iso/plugin/task.h"

#include <chrono>
#include <memory>
#include <span>
#include <string>

namespace iso::host {

/// One warm worker that answers while the user marks: a crash or an endless loop of the plugin ends the worker, not the
/// desktop. Calls block; one at a time.
class InteractionWorker {
 public:
  virtual ~InteractionWorker();
  /// The best answer within the budget. Throws what the plugin threw; plugin_crashed if the worker died or did not answer
  /// within ten times the budget plus a second.
  [[nodiscard]] virtual plugin::Datasets update(std::span<const plugin::Stroke> added,
                                                std::chrono::milliseconds budget) = 0;
  virtual void undo() = 0;  ///< takes back the strokes of the last update that had any
};

/// Inputs travel as shared memory. Throws unsupported for a task that is not interactive, and what loading it throws.
[[nodiscard]] std::shared_ptr<InteractionWorker> start_interaction(WorkerOptions options, const std::string& task_id,
                                                                   const plugin::Datasets& inputs,
                                                                   const std::string& parameters_json,
                                                                   const std::string& device = "auto");

}  // namespace iso::host
