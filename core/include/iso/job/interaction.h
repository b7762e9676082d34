#pragma once

#include "iso/compute/backend.h"
#include "iso/job/executor.h"
#include "iso/job/record.h"
#include "iso/plugin/task.h"

#include <chrono>
#include <map>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace iso::job {

/// What an interaction is begun with; the inputs come beside it.
struct InteractionRecipe {
  std::string task;
  std::string parameters_json{"{}"};  ///< at the beginning
  std::string device{"auto"};
  std::uint64_t seed{0};
};

struct InteractionAnswer {
  plugin::Datasets outputs;
  double fraction{0};  ///< 1: asking again would change nothing
  std::map<std::string, Figure> figures;
  std::vector<std::string> warnings;
};

/// An interaction in this process, with a context of its own: seed, scratch folder, warnings, figures. One call at a time.
class InteractionSession {
 public:
  /// Throws what a run would be refused with, and unsupported for a task that only runs. `source` and `registry` outlive it.
  InteractionSession(const InteractionRecipe& recipe, plugin::Datasets inputs, TaskSource& source,
                     const compute::BackendRegistry& registry, const ExecutionOptions& options);
  InteractionSession(const InteractionSession&) = delete;
  InteractionSession& operator=(const InteractionSession&) = delete;
  ~InteractionSession();

  /// The best answer to all marks within the budget. Other parameters than before are parsed and planned with first, and
  /// refused as a run would be. Throws what the task throws, and invalid_result.
  [[nodiscard]] InteractionAnswer answer(std::span<const plugin::Mark> marks, const std::string& parameters_json,
                                         std::chrono::milliseconds budget, const std::stop_token& stop = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iso::job
