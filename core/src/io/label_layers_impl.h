#pragma once

#include "io/array_impl.h"

#include "iso/data/label_map.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Segments that overlap: a label map holds one label a voxel, so such a file is read in layers of segments that do not, one at a
/// time, by the hint "layer".
namespace iso::io::detail {

/// Names of the segments of each layer.
using LayerNames = std::vector<std::vector<std::string>>;

[[nodiscard]] params::FieldInfo layer_hint();
/// The layer, from 0 on, that the hint asks for; nothing if it is not given. Throws invalid_input for no number from 1 on.
[[nodiscard]] std::optional<std::size_t> find_layer(const ReadOptions& options);
/// The layer to read of several, noted in `meta["layer"]` as "2 of 3". Throws FactMissing if none was asked for, invalid_input for
/// one that there is not.
[[nodiscard]] std::size_t choose_layer(std::optional<std::size_t> asked, const LayerNames& layers, Metadata& meta);

}  // namespace iso::io::detail
