#pragma once

#include <cstdint>
#include <functional>

namespace iso {

/// How many threads this process may compute with, whatever library computes. Starts as the cores that affinity, cgroup or
/// Slurm leave us.
class ThreadBudget {
 public:
  static void set(int threads);  ///< throws usage if below 1
  [[nodiscard]] static int threads() noexcept;
  [[nodiscard]] static int available() noexcept;  ///< what the machine leaves us, whatever was set
};

/// Calls body(begin, end) over [0, count) on the threads of the budget, in chunks fixed by `count` and
/// `grain` alone, so that results never depend on the number of threads. An exception of one chunk is
/// rethrown once all have ended. A loop within a loop runs on the thread that comes to it. Threads that wait, for work or
/// for one another, sleep: they take no time from other processes (decision 0019).
void parallel_for(std::int64_t count, std::int64_t grain,
                  const std::function<void(std::int64_t begin, std::int64_t end)>& body);

}  // namespace iso
