#pragma once

#include "iso/base/log.h"
#include "iso/compute/backend.h"

#include <string>

namespace iso::host {

/// What every program settles before it does anything else.
struct StartupOptions {
  int threads{0};  ///< 0: what affinity, cgroup or Slurm leave us
  log::Level level{log::Level::warning};
  std::string log_file;  ///< empty: none
};

/// Sets logging and the thread budget, and ignores the signals that would end a program on a full disk (SIGXFSZ) or
/// a closed socket (SIGPIPE); both then come as errors. Throws usage for a negative number of threads.
void start_program(const StartupOptions& options);

/// Puts the backends of this machine into the registry: reference, cpu, and why there is no other. cpu is preferred.
void add_backends(compute::BackendRegistry& registry);

}  // namespace iso::host
