#pragma once

#include "iso/compute/backend.h"

#include <filesystem>
#include <vector>

namespace iso::job {

/// Makes the lock files of those back ends of a registry whose device one job may use at a time, and says where they lie.
/// A process that is confined afterwards can take a lock once it may read these files: it needs no right to write.
/// A file that cannot be made is left out; jobs on its device then do not wait for each other.
[[nodiscard]] std::vector<std::filesystem::path> device_locks(const compute::BackendRegistry& registry);

}  // namespace iso::job
