#pragma once

#include <cstdint>
#include <functional>

namespace iso {

/// How many threads this process may compute with, whatever library computes: the one number that OpenMP, ITK
/// and FFTW are given. Starts as the cores that affinity, cgroup or Slurm leave us.
class ThreadBudget {
 public:
  static void set(int threads);  ///< throws usage if below 1; also tells OpenMP of this thread
  [[nodiscard]] static int threads() noexcept;
  [[nodiscard]] static int available() noexcept;  ///< what the machine leaves us, whatever was set
  static void enter();                            ///< first call of every thread that computes: OpenMP counts a thread
};

/// Calls body(begin, end) over [0, count) on the threads of the budget, in chunks fixed by `count` and
/// `grain` alone, so that results never depend on the number of threads. An exception of one chunk is
/// rethrown once all have ended.
void parallel_for(std::int64_t count, std::int64_t grain,
                  const std::function<void(std::int64_t begin, std::int64_t end)>& body);

}  // namespace iso
