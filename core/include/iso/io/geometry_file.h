#pragma once

#include "iso/geometry/projection_geometry.h"
#include "iso/geometry/verdict.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace iso::io {

/// A scan geometry from a file: RTK's ThreeDCircularProjectionGeometry XML (version 3; detector size and pitch come from
/// `elements` and `pitch_mm`, which that file does not hold), or our JSON:
///
///     {"beam": "fan", "angles_deg": {"first": 0, "step": 0.5, "count": 721} or [0, 0.5, ...],
///      "elements": [560, 1], "pitch_mm": [0.2, 0.2], "detector": "flat" | "arc",
///      "source_to_axis_mm": 410.66, "source_to_detector_mm": 553.74,
///      "detector_offset_mm": [0, 0], "source_offset_mm": [0, 0], "in_plane_deg": 0, "tilt_deg": 0,
///      "pitch_mm_per_turn": 0}
///     {"beam": "cone", "elements": [..], "detector": "flat", "views": [[sx,sy,sz, dx,dy,dz, ux,uy,uz, vx,vy,vz], ...]}
///
/// Throws cannot_read, or invalid_input naming the member and what is wrong with it.
[[nodiscard]] ProjectionGeometry read_geometry(const std::filesystem::path& file,
                                               std::array<std::int64_t, 2> elements = {0, 0},
                                               std::array<double, 2> pitch_mm = {0, 0});
[[nodiscard]] ProjectionGeometry geometry_from_json(std::string_view text);
[[nodiscard]] std::string to_json(
    const ProjectionGeometry& geometry);  ///< the orbit form where it agrees within 1e-9 mm, else views
/// By extension: .xml (RTK; throws unsupported if the orbit is not circular) or .json. Atomic.
void write_geometry(const std::filesystem::path& file, const ProjectionGeometry& geometry, bool overwrite);

}  // namespace iso::io
