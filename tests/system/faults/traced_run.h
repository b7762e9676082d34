#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace iso::test {

/// What happens at a point: the system call fails with an error number, everything that was started is killed before it, or the
/// program is asked to end by SIGTERM, once or twice, and has a moment for that before the call goes on.
enum class Fault : std::uint8_t { none, no_room, broken_disk, killed, asked, asked_twice };

struct Traced {
  int points{0};     ///< system calls that write, sync, rename, link, truncate, make or remove, up to the end
  int code{-1};      ///< exit code; 128 + signal
  bool hit{false};   ///< the point was reached
  std::string call;  ///< what failed there: "rename"
  std::string err;   ///< what was printed to stderr, from its beginning
};

/// Runs a program (and what it starts) under ptrace and counts the points: calls on files below `folder`, by whichever library
/// they are made. The call number `at` (from 1) meets the fault. Linux on x86-64 only, see `why_no_tracing`.
[[nodiscard]] Traced run_traced(const std::vector<std::string>& words, const std::filesystem::path& folder,
                                Fault fault = Fault::none, int at = 0);
/// Empty, or why this machine cannot do it.
[[nodiscard]] std::string why_no_tracing();

}  // namespace iso::test
