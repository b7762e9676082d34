#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace iso::cli {

/// This program once more, as a process of its own, with what it prints kept. Killed and reaped by the destructor; asked to
/// stop when the thread that made it ends, whichever way (a batch that is killed leaves no cases that go on unseen).
class Child {
 public:
  explicit Child(const std::vector<std::string>& arguments);  ///< throws internal if it cannot be started
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  ~Child();
  [[nodiscard]] bool ended();                                ///< asks, and takes what was printed so far
  void interrupt() noexcept;                                 ///< as Ctrl-C would
  [[nodiscard]] int code() const noexcept { return code_; }  ///< 128 + signal for a crash
  [[nodiscard]] const std::string& output() const noexcept { return texts_[0]; }
  [[nodiscard]] const std::string& errors() const noexcept { return texts_[1]; }
  [[nodiscard]] double seconds() const noexcept { return seconds_; }

 private:
  void read_all();
  void end() noexcept;
  pid_t process_{-1};
  int ends_[2]{-1, -1};
  std::string texts_[2];
  int code_{0};
  std::chrono::steady_clock::time_point begin_{std::chrono::steady_clock::now()};
  double seconds_{0};
};

}  // namespace iso::cli
