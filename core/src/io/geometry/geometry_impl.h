#pragma once

#include "iso/geometry/projection_geometry.h"

#include <string>
#include <string_view>

namespace iso::io::detail {

/// `elements` and `pitch_mm` stand in for members that the text leaves out.
[[nodiscard]] ProjectionGeometry geometry_from_json(std::string_view text, std::array<std::int64_t, 2> elements,
                                                    std::array<double, 2> pitch_mm);
/// RTK's XML, versions 2 and 3. RTK turns about its y axis: its (x, y, z) are our (x, -z, y).
[[nodiscard]] ProjectionGeometry geometry_from_rtk(std::string_view text, std::array<std::int64_t, 2> elements,
                                                   std::array<double, 2> pitch_mm);
[[nodiscard]] std::string to_rtk(const ProjectionGeometry& geometry);  ///< throws unsupported
/// Largest difference between any two components of the views, mm; infinite if the scans differ otherwise.
[[nodiscard]] double distance(const ProjectionGeometry& a, const ProjectionGeometry& b);

}  // namespace iso::io::detail
