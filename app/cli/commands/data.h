#pragma once

#include "iso/data/dataset.h"
#include "iso/geometry/verdict.h"

#include <string>

namespace iso::cli {

[[nodiscard]] GeometryVerdict make_verdict(const Dataset& data);  ///< uniform for what has no scan geometry
[[nodiscard]] std::string shape_text(const Dataset& data);        ///< "512 x 512 x 64", rows and columns for a table
[[nodiscard]] std::string type_text(const Dataset& data);         ///< "f32"
/// What a person wants to know: grid or scan, quantity.
[[nodiscard]] std::string detail_text(const Dataset& data);
/// Pixels that can be compared; throws type_mismatch for a table.
[[nodiscard]] const Pixels& comparable(const Dataset& data, const std::string& file);
[[nodiscard]] const VoxelGrid* make_grid(const Dataset& data) noexcept;

}  // namespace iso::cli
