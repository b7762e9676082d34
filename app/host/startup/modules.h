#pragma once

#include "iso/compute/backend.h"

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace iso::host {

/// Where modules of backends are looked for, in order: the folders of ISOCENTER_MODULE_PATH, then ../lib/isocenter/modules
/// beside the program. Folders that do not exist are left out.
[[nodiscard]] std::vector<std::filesystem::path> module_directories();

/// Loads libisocenter-<id>.so from the first folder that has it and puts its backends into the registry. Whatever is
/// wrong with it (missing, not a library, another version, no driver, an exception) becomes one sentence in the registry
/// and the program goes on. A module is never unloaded.
void add_module(compute::BackendRegistry& registry, const std::string& id,
                std::span<const std::filesystem::path> directories);

}  // namespace iso::host
