#pragma once

#include "iso/geometry/projection_geometry.h"

#include <span>
#include <string>
#include <string_view>

namespace iso {

enum class Finding : std::uint8_t { uniform, gap, tilt, variable, missing, mismatch };
[[nodiscard]] std::string_view to_string(Finding finding) noexcept;
[[nodiscard]] Finding finding_from_string(std::string_view name);  ///< throws usage, listing the names

/// What a geometry check found, the largest deviation, and a sentence for the user. JSON in `isocenter check`
/// and in records.
struct GeometryVerdict {
  Finding finding{Finding::uniform};
  double deviation{0};
  std::string unit;
  std::string sentence;
};

/// Do slices at these places make a grid, within 0.01 mm and 1e-3 of direction? `gap`: a multiple of the common
/// step is missing; `tilt`: the step leaves the normal; `variable`: steps differ otherwise; `missing`: fewer than
/// two positions, or two slices at one place.
[[nodiscard]] GeometryVerdict check_slices(std::span<const Vec3> centres_mm, const Mat3& direction);

/// Do readings and geometry belong together, and are the views usable? `mismatch`: other size; `missing`: no views;
/// `variable`: two views at the same place (duplicate angle), but for the last view of a scan from 0 to 360 degrees.
[[nodiscard]] GeometryVerdict check_sinogram(const Shape& readings, const ProjectionGeometry& geometry);

/// Throws geometry_refused with the verdict's sentence, unless it is uniform or accepted by name.
void refuse_unless_accepted(const GeometryVerdict& verdict, std::span<const Finding> accepted);

}  // namespace iso
