#pragma once

#include "worker_executor.h"

#include "iso/job/run.h"

#include <memory>

namespace iso::host {

/// One warm worker that says what runs would be, from descriptions of their inputs: kilobytes go to it, no pixels. Started at
/// the first question, and again after it died. Safe from any thread; questions wait for each other.
class PlanWorker {
 public:
  explicit PlanWorker(WorkerOptions options);
  ~PlanWorker();
  PlanWorker(const PlanWorker&) = delete;
  PlanWorker& operator=(const PlanWorker&) = delete;

  struct Cost {
    std::size_t bytes_sent{0};
    double processor_seconds{0};  ///< of the worker
  };
  /// Throws what planning throws (`job::plan`), plugin_crashed if the worker died over it. `cost`, where given, is set.
  [[nodiscard]] job::RunPlan ask(const job::Recipe& recipe, const plugin::Descriptions& inputs, Cost* cost = nullptr);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iso::host
