#include "startup.h"

#include "iso/base/error.h"
#include "iso/base/process_state.h"
#include "iso/base/threads.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdlib>
#include <string_view>

namespace iso::host {

void begin_process() noexcept {
  open_standard_descriptors();
  use_c_numbers();
  ::signal(SIGCHLD, SIG_DFL);  // who ignores it hands that on, and the end of a child would never be seen
  const char* const named = std::getenv(parent_variable);
  if (named == nullptr) return;
  const std::string_view text{named};
  pid_t parent = 0;
  std::from_chars(text.data(), text.data() + text.size(), parent);
  ::unsetenv(parent_variable);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) end_process(exit_code(Errc::cancelled));  // it ended before we could ask to be told
}

void start_program(const StartupOptions& options) {
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
  log::set_level(options.level);
  if (!options.log_file.empty()) log::to_file(options.log_file);
  if (options.threads < 0)
    throw Error(Errc::usage, "--threads is " + std::to_string(options.threads) + ", expected 1 or more");
  ThreadBudget::set(options.threads == 0 ? ThreadBudget::available() : options.threads);
}

}  // namespace iso::host
