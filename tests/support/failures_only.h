#pragma once

// What a program of many tests prints: nothing of a test that passed, everything of one that failed, and the names of those in
// the last lines.

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace iso::test {

/// Keeps what a test and the programs that it starts write to stderr, logs of errors that the test provokes above all, and
/// shows it where the test fails or the process dies.
class FailuresOnly : public ::testing::EmptyTestEventListener {
 public:
  FailuresOnly() : terminal_{::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)} {
    std::string name = ::testing::TempDir() + "iso_stderr_XXXXXX";
    kept_ = ::mkostemp(name.data(), O_CLOEXEC | O_APPEND);
    if (kept_ >= 0) ::unlink(name.c_str());
    current() = this;
    for (const int signal : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGTERM}) ::signal(signal, &show_and_die);
  }

 private:
  static FailuresOnly*& current() {
    static FailuresOnly* one = nullptr;
    return one;
  }
  /// Calls only what a handler of signals may.
  static void show_and_die(int signal) {
    FailuresOnly& self = *current();
    for (const char* const words : {"\nthe process got a signal in ", self.running_.c_str(), "\n"})
      for (const char* at = words; *at != '\0'; ++at) (void)!::write(self.terminal_, at, 1);
    self.show();
    ::signal(signal, SIG_DFL);
    ::raise(signal);
  }
  void show() const {
    std::array<char, 4096> part{};
    off_t at = 0;
    for (ssize_t got = 0; (got = ::pread(kept_, part.data(), part.size(), at)) > 0; at += got)
      (void)!::write(terminal_, part.data(), static_cast<std::size_t>(got));
  }

  void OnTestStart(const ::testing::TestInfo& info) override {
    running_ = std::string{info.test_suite_name()} + "." + info.name();
    std::fflush(stderr);
    if (kept_ < 0 || ::ftruncate(kept_, 0) != 0) return;
    ::dup2(kept_, STDERR_FILENO);
  }
  void OnTestEnd(const ::testing::TestInfo& info) override {
    std::fflush(stderr);
    std::fflush(stdout);
    ::dup2(terminal_, STDERR_FILENO);
    if (info.result()->Failed()) {
      failed_.push_back(running_);
      show();
    }
  }
  void OnTestProgramEnd(const ::testing::UnitTest&) override {
    for (const std::string& name : failed_) std::printf("FAILED: %s\n", name.c_str());
    std::fflush(stdout);
  }

  int terminal_, kept_;
  std::string running_;
  std::vector<std::string> failed_;
};

/// To be called after InitGoogleTest; `--gtest_brief=1` leaves out the names of tests that passed.
inline void print_failures_only() {
  ::testing::UnitTest::GetInstance()->listeners().Append(new FailuresOnly);  // which owns it
}

}  // namespace iso::test
