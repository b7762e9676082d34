#pragma once

#include "iso/data/pixels.h"

#include <array>
#include <cstdint>

namespace iso::render {

/// One frame of real pixels with every block of `factors` voxels replaced by its mean, f32. Voxels that fill no block at the
/// end of an axis are left out; an axis shorter than its factor becomes one voxel. Throws type_mismatch for complex pixels.
[[nodiscard]] Pixels reduced(const Pixels& pixels, std::int64_t frame, const std::array<std::int64_t, 3>& factors);

}  // namespace iso::render
