#pragma once

#include "iso/compute/backend.h"
#include "iso/job/executor.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace iso::host {

/// What a worker runs tasks with. Asked for after the limits of the job are in force and the parent is watched.
struct WorkerParts {
  std::function<std::unique_ptr<job::TaskSource>(std::span<const std::filesystem::path> plugin_directories)> source;
  std::function<void(compute::BackendRegistry& registry, std::string_view wish)>
      backends;  ///< `wish` as in add_backends
};

[[nodiscard]] std::vector<std::filesystem::path> plugin_folders(const std::vector<std::string>& names);

/// The whole of a worker process, from its arguments to its exit code: says hello on descriptor 3 and does what the first
/// message asks for (`protocol/messages.h`): one job, plans, or one interaction. Ends at once when the program at the other
/// end does.
[[nodiscard]] int serve_worker(int argc, char** argv, const WorkerParts& parts);

}  // namespace iso::host
