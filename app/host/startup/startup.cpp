#include "startup.h"

#include "iso/base/error.h"
#include "iso/base/threads.h"

#include <signal.h>

namespace iso::host {

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
