#pragma once

#include "document.h"

#include <optional>

namespace iso::gui {

/// Where Cartesian k-space was measured, as an image: phase encoding to the right, frames downwards, partitions as slices; 1
/// measured, 0 not. Without frames the partitions are the rows. The name says by how much fewer lines were measured than there
/// are. Nothing for data that are no Cartesian k-space.
[[nodiscard]] std::optional<Item> make_sampling_item(const Item& item);

}  // namespace iso::gui
