#pragma once

#include "iso/compute/backend.h"

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
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

/// Says that networks of this process are run by libisocenter-openvino.so of the same folders, loaded when the first is asked for.
/// Compiled networks are kept in `network_cache` of the plugin; of no plugin (empty), nowhere.
void use_runtime_module(std::string_view plugin = {});

/// What a process reads to run networks: the folders of modules, and "openvino" beside each, where links lead.
[[nodiscard]] std::vector<std::filesystem::path> runtime_directories();

/// isocenter/networks/PLUGIN in the user's cache, made if it is not there; empty if it cannot be. Each plugin has its own, because
/// a confined plugin may write there, and must not change what another one runs.
[[nodiscard]] std::filesystem::path network_cache(std::string_view plugin);

}  // namespace iso::host
