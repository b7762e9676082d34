#pragma once

#include "iso/plugin/descriptor.h"
#include "iso/plugin/manifest.h"

#include <filesystem>
#include <string>
#include <vector>

namespace iso::plugin {

/// Loads the library of a plugin into this process and gives its descriptor, checked as far as it can be without making
/// a task. Libraries are never unloaded: ITK factories and thread pools do not survive it; loading one twice is cheap.
/// Throws plugin_incompatible with one sentence that says what is wrong: no such file, no library, a library or a
/// function it needs is missing, no entry, another interface or build.
[[nodiscard]] const PluginDescriptor& open_plugin(const std::filesystem::path& library);

/// What is wrong with what a plugin says of itself: ids, titles, names used twice, defaults that its own rules refuse.
/// One sentence each; empty if nothing is. Told when the plugin is built, and by the plugin contract.
[[nodiscard]] std::vector<std::string> find_problems(const Manifest& manifest);

}  // namespace iso::plugin
