#pragma once

#include "iso/data/dataset.h"

#include <cstdint>
#include <span>
#include <vector>

namespace iso::tomography {

/// `keep` of `total` views, as equally spaced as whole numbers allow: floor(i * total / keep). All of them if keep is 0.
/// Throws invalid_input if more views are asked for than there are, or fewer than one.
[[nodiscard]] std::vector<std::int64_t> equally_spaced_views(std::int64_t total, std::int64_t keep);

/// The readings (u, v, view) of the listed views, in their type. Views that lie one behind the other stay where they are: no
/// copy; others are copied. Throws invalid_input for a view that is not there.
[[nodiscard]] Pixels keep_views(const Pixels& readings, std::span<const std::int64_t> views);
/// The same scan with only the listed views, readings and geometry alike.
[[nodiscard]] Sinogram keep_views(const Sinogram& scan, std::span<const std::int64_t> views);

/// The scan with `factor` - 1 more views between each view and the next, and between the last and the first of a full turn: each
/// the view before it, turned about z by its part of the angle between the two. View i becomes view i * factor. Throws
/// unsupported for an orbit that is not circular, invalid_input for a factor below 1.
[[nodiscard]] ProjectionGeometry upsample_views(const ProjectionGeometry& geometry, std::int64_t factor);

}  // namespace iso::tomography
