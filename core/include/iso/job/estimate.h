#pragma once

#include "iso/compute/operators.h"
#include "iso/data/dataset.h"
#include "iso/plugin/task.h"

#include <cstddef>
#include <span>
#include <string>

namespace iso::job {

/// What a job will take, before it starts. The sum is the highest resident size of the process that computes.
struct Estimate {
  std::size_t process_bytes{0};  ///< what the process holds without the job: libraries and the program's own
  std::size_t input_bytes{0};
  std::size_t operator_bytes{0};  ///< what the operators keep and their scratch
  std::size_t work_bytes{0};      ///< the task's arrays, results included
  double seconds{0};              ///< the task's guess; 0 when it has none
  [[nodiscard]] std::size_t total() const noexcept { return process_bytes + input_bytes + operator_bytes + work_bytes; }
};

/// Bytes an operator of the host backends keeps or needs while applied: its copy of the geometry (96 bytes a view),
/// padded rows of the filter on every thread, a copy of the grid for a centred transform. Arrays it is applied to
/// are not counted; they are the task's.
[[nodiscard]] std::size_t operator_bytes(const compute::OperatorSpec& spec);
[[nodiscard]] std::size_t bytes_of(const Dataset& data);

/// `inputs` are in memory already. Throws what Task::needs throws.
[[nodiscard]] Estimate estimate(const plugin::Task& task, const plugin::Datasets& inputs,
                                const std::string& parameters_json);
[[nodiscard]] Estimate estimate(const plugin::Needs& needs, const plugin::Datasets& inputs);

/// What this process may still take: free memory of the machine, of the control group and of RLIMIT_AS, whichever
/// is least.
[[nodiscard]] std::size_t available_memory_bytes();
[[nodiscard]] std::size_t resident_bytes();             ///< of this process now
[[nodiscard]] std::size_t peak_resident_bytes();        ///< of this process so far
[[nodiscard]] std::string in_words(std::size_t bytes);  ///< "1.5 GiB"

}  // namespace iso::job
