#pragma once

#include "../protocol/messages.h"

#include <chrono>
#include <cstddef>

namespace iso::host {

/// What one worker may put into our log: 1 MiB at once and 4 KiB more a second. What is beyond is counted, and the count is a warning where lines
/// pass again, or at the end. A worker in a loop fills no disk, and the lines of others stay to be found.
class WorkerLog {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr double most_bytes = 1 << 20, bytes_a_second = 1 << 12;

  explicit WorkerLog(Clock::time_point now = Clock::now()) : filled_{now} {}
  ~WorkerLog();
  WorkerLog(const WorkerLog&) = delete;
  WorkerLog& operator=(const WorkerLog&) = delete;

  /// A line, in the log if its level is wanted there. Throws invalid_input for a message that is none.
  void take(const Message& message, Clock::time_point now = Clock::now());

 private:
  void say_left_out();

  Clock::time_point filled_;
  double room_{most_bytes};
  std::size_t left_out_{0};
};

}  // namespace iso::host
