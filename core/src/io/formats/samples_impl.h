#pragma once

#include "io/array_impl.h"

#include <cstdint>

/// What TIFF and the formats of pictures share: several samples a pixel, and rows that do not begin at the top left.
namespace iso::io::detail {

/// Rows and columns of a block (c, x, y, page) as the tag Orientation of TIFF and Exif places them: 1 is as stored, up to 8.
[[nodiscard]] Pixels turned(const Pixels& block, std::uint16_t orientation);

/// The first `values` samples of every pixel of a block (c, x, y, page).
[[nodiscard]] Pixels without_last_samples(const Pixels& block, std::int64_t values);

}  // namespace iso::io::detail
