#pragma once

#include "iso/compute/backend.h"
#include "iso/plugin/task.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace iso::job {

/// What a job will take, before it starts. The sum is the highest resident size of the process that computes.
struct Estimate {
  std::size_t process_bytes{0};  ///< what the process holds without the job: libraries and the program's own
  std::size_t input_bytes{0};
  std::size_t operator_bytes{0};  ///< what the operators keep and their scratch
  std::size_t work_bytes{0};      ///< the task's arrays, results included
  double seconds{0};              ///< of the operators and of the rest; 0 when nobody has an idea
  [[nodiscard]] std::size_t total() const noexcept { return process_bytes + input_bytes + operator_bytes + work_bytes; }
};

/// Whether this process holds the inputs already, or will only when the task runs.
enum class InputMemory : std::uint8_t { resident, to_come };
/// Adds what the back end says of the operators (`Backend::cost`) to what the task says of itself.
[[nodiscard]] Estimate estimate(const plugin::Plan& plan, const plugin::Descriptions& inputs,
                                const compute::Backend& backend, InputMemory where);

/// What this process may still take: free memory of the machine, of the control group and of RLIMIT_AS, whichever
/// is least.
[[nodiscard]] std::size_t available_memory_bytes();
[[nodiscard]] std::size_t resident_bytes();             ///< of this process now
[[nodiscard]] std::size_t peak_resident_bytes();        ///< of this process so far
[[nodiscard]] std::string in_words(std::size_t bytes);  ///< "1.5 GiB"

}  // namespace iso::job
