#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

namespace iso::host {

/// A folder of what ships beside the programs: "presets", "samples" or "manual". Looked for in ISOCENTER_RESOURCES, in share
/// beside the program, and in the sources of the build the program lies in. Empty if there is none.
[[nodiscard]] std::filesystem::path resource_folder(std::string_view name);

/// Where networks are looked for, in order: the folders of ISOCENTER_MODEL_PATH, then "models" of the resources.
[[nodiscard]] std::vector<std::filesystem::path> model_directories();
/// Puts them behind the places that the user named.
void add_model_directories(std::vector<std::filesystem::path>& places);

}  // namespace iso::host
