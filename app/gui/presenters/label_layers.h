#pragma once

#include "file_reading.h"

#include <filesystem>
#include <vector>

namespace iso::gui {

/// All layers of a segmentation whose segments overlap: labels a layer, each named after its segments. Takes time, and belongs off
/// the desktop's thread. Throws as `io::read`.
[[nodiscard]] std::vector<Item> read_label_layers(const std::filesystem::path& file, const Hints& hints);

}  // namespace iso::gui
