#pragma once

#include "iso/job/executor.h"
#include "iso/job/recipe.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace iso::host {

/// What the process of a plugin may reach beyond its own memory, its socket and the system's libraries.
struct Confinement {
  std::vector<std::filesystem::path> readable;  ///< folders and files; programs and libraries in them may be mapped
  std::vector<std::filesystem::path> writable;  ///< folders in which files may also be made, changed and removed
  bool processes{false};                        ///< may start other programs
  bool network{false};                          ///< may open sockets
};

/// What this kernel offers of it, or what of it was put into force.
struct ConfinementSupport {
  bool no_new_privileges{false};  ///< no program that is started gains rights (set-user-id)
  int landlock{0};                ///< version of the interface; 0: files are not confined
  bool seccomp{false};            ///< no sockets, no other processes, no signals to others, no tracing
  [[nodiscard]] bool complete() const noexcept { return no_new_privileges && landlock > 0 && seccomp; }
  [[nodiscard]] std::string sentence() const;  ///< "files, sockets, processes and signals" or what is missing
};

[[nodiscard]] ConfinementSupport confinement_support() noexcept;

/// Confines the calling thread and every thread and program that it starts from now on; system calls are filtered for all
/// threads of the process. Cannot be undone. What the kernel lacks is left out, and the answer says so. Call it before code of
/// a plugin is loaded. Reading stays possible from the folders of the libraries that are mapped already, from /usr, from
/// the parts of /proc and /sys that tell of this process and of the processors, and from the devices of a GPU.
///
/// A refused call fails inside the plugin as a call without permission does (EACCES, EPERM); the process goes on.
[[nodiscard]] ConfinementSupport confine(const Confinement& wish);

/// `confine` for a worker that runs or interacts: it reads the folders of plugins and networks and those of the inputs (a header
/// names files beside it) and takes the locks of the devices that it may compute on, writes into its scratch folder and, where
/// it keeps checkpoints, beside the output; it starts no program and opens no socket, unless the user agreed to it among the
/// `needs` of the plugin. What the kernel lacks goes to the log.
void confine_worker(const std::vector<std::filesystem::path>& plugin_directories, const job::Recipe& recipe,
                    const job::ExecutionOptions& options, const compute::BackendRegistry& devices,
                    const std::vector<std::string>& needs = {});

/// Whether a worker that `confine_worker` confines for the same job may read a file, which was not written by it: what it asks its
/// program for must not be more.
[[nodiscard]] bool may_worker_read(const std::filesystem::path& file,
                                   const std::vector<std::filesystem::path>& plugin_directories,
                                   const job::Recipe& recipe, const job::ExecutionOptions& options);

/// Whether a variable of the environment stays with the program: what carries credentials, or names the sockets of a
/// desktop session or of a key agent, is not given to workers.
[[nodiscard]] bool is_for_workers(std::string_view variable) noexcept;

}  // namespace iso::host
