#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace iso {

/// How one of our own programs is started to work for this one: in a process group of its own, because Ctrl-C is for the program,
/// which ends in order; with every signal as at a fresh start; and with no open file but these.
struct ProcessStart {
  std::filesystem::path program;
  std::vector<std::string> arguments{};  ///< behind the name of the program
  int output{-1};                        ///< takes its standard output and error; -1: /dev/null
  int socket{-1};                        ///< its descriptor 3
  char* const* environment{nullptr};     ///< as execve takes it; null: that of this process
};

/// The number of the process, or that of the problem (errno) where there is none.
struct StartedProcess {
  int process{-1};  ///< as pid_t
  int problem{0};
};

/// Both descriptors stay open here. Whoever starts a process waits for its end.
[[nodiscard]] StartedProcess start_process(const ProcessStart& how);

}  // namespace iso
