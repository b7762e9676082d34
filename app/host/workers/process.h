#pragma once

#include "../protocol/messages.h"

#include <sys/types.h>

#include <deque>
#include <filesystem>
#include <optional>
#include <string>

namespace iso::host {

/// A worker process: its socket, and the tail of what it prints. Ended and reaped by the destructor.
class WorkerProcess {
 public:
  /// Throws plugin_crashed if it cannot be started.
  explicit WorkerProcess(const std::filesystem::path& program);
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;
  ~WorkerProcess();

  [[nodiscard]] Channel& channel() noexcept { return *channel_; }
  [[nodiscard]] const Channel& channel() const noexcept { return *channel_; }
  [[nodiscard]] pid_t id() const noexcept { return process_; }
  void read_output();  ///< takes what was printed so far
  /// Sleeps until the worker says or prints something, its end included, or something can be read from `also` (-1: nothing),
  /// but no longer than `patience`.
  void await_news(int also, std::chrono::milliseconds patience) const;
  void kill() noexcept;
  /// Waits for the end, killing after `patience`, and returns the status of waitpid.
  int wait(std::chrono::milliseconds patience);
  [[nodiscard]] std::string tail();  ///< the last lines printed, oldest first

 private:
  pid_t process_{-1};
  std::optional<Channel> channel_;
  Descriptor output_;
  bool output_ended_{false};
  std::deque<std::string> lines_;
  std::string line_;
};

}  // namespace iso::host
