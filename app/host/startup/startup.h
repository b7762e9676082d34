#pragma once

#include "iso/base/log.h"
#include "iso/compute/backend.h"

#include <string>
#include <string_view>

namespace iso::host {

/// What every program settles before it does anything else.
struct StartupOptions {
  int threads{0};  ///< 0: what affinity, cgroup or Slurm leave us
  log::Level level{log::Level::warning};
  std::string log_file;  ///< empty: none
};

/// The first call of every program: descriptors 0 to 2 are open, numbers are those of the C locale, and a program that was
/// started as a part of another one (`parent_variable`) ends with it.
void begin_process() noexcept;

/// Variable of the environment that holds the process number of the program that a child is to end with (SIGTERM).
inline constexpr const char* parent_variable = "ISOCENTER_PARENT";

/// Sets logging and the thread budget, and ignores the signals that would end a program on a full disk (SIGXFSZ) or
/// a closed socket (SIGPIPE); both then come as errors. Throws usage for a negative number of threads.
void start_program(const StartupOptions& options);

/// Puts the backends of this machine into the registry: reference and cpu, and those of the CUDA module in front of them, or why
/// there are none; and says where networks are run. `wish` is what the job will ask for ("auto" for a list of all): the module is loaded and the driver asked
/// only where that may lead to it, because both take time.
void add_backends(compute::BackendRegistry& registry, std::string_view wish = "auto");

}  // namespace iso::host
