#pragma once

#include "iso/job/executor.h"

#include <chrono>
#include <filesystem>
#include <memory>
#include <vector>

namespace iso::host {

/// How jobs are run in processes of their own.
struct WorkerOptions {
  job::ExecutionOptions execution;
  std::filesystem::path program;  ///< isocenter-worker; empty: ISOCENTER_WORKER, or beside this program, or libexec
  std::vector<std::filesystem::path> plugin_directories;
  std::size_t address_space_bytes{0};                ///< RLIMIT_AS of the worker; 0: none
  std::chrono::milliseconds grace{1500};             ///< between a cancel and the kill: within 2 s the worker is gone
  std::chrono::milliseconds start_limit{10000};      ///< for the worker's first word
  std::chrono::milliseconds heartbeat_limit{10000};  ///< without one the process is stopped or starved
  std::chrono::milliseconds silence_limit{0};        ///< longest time without an event of the task; 0: any
};

/// Runs each job in a worker of its own, which may crash, hang or exhaust its memory without harm to this process.
///
/// Workspace data travel both ways as shared memory; files are read by the worker (HDF5 files by this process, for the worker, which
/// may not start what reads them: iso/io/reader_process.h) and written here, so that nothing
/// of a killed worker is left behind. A crash is Errc::plugin_crashed with the signal, the last stage and the tail of
/// what the worker printed; so are an exit and a silence longer than the limits. Safe from several threads; `execute`
/// has to stay on the thread that called it, because the worker ends with that thread.
[[nodiscard]] std::shared_ptr<job::Executor> make_worker_executor(WorkerOptions options,
                                                                  std::shared_ptr<job::DataAccess> data = {},
                                                                  std::shared_ptr<job::Workspace> workspace = {});

/// Where the worker program is. Throws internal, naming the places looked at.
[[nodiscard]] std::filesystem::path find_worker();

}  // namespace iso::host
