#pragma once

#include "iso/geometry/projection_geometry.h"

#include <string>
#include <vector>

/// What filtered back-projection must know of a circular scan before it filters.
namespace iso::tomography::detail {

/// A scan seen in its plane of rotation. gamma is the angle between a ray and the ray through the axis, positive towards
/// rising u; for a parallel beam it is the distance of the ray from the axis in mm, which plays the same part.
struct ScanPlane {
  Beam beam{Beam::parallel};
  double radius_mm{0};               ///< source to axis, in the plane
  double depth_mm{0};                ///< the same along the detector's normal
  double element{0};                 ///< pitch of the filter: mm at the axis, or rad on an arc
  std::vector<double> gamma;         ///< of every element along u
  std::vector<double> cosine;        ///< the weight of every element along u in the plane
  std::vector<double> across_mm;     ///< length that a ray of unit slope in v has gone, to weight rows by
  double edge_low{0}, edge_high{0};  ///< gamma at the outer edges of the first and last element, in rising order
  double axis_element{0};            ///< index along u of the ray through the axis
  bool mirrored{false};              ///< the detector is seen from behind: gamma turns the other way round the axis
};

/// Throws unsupported for an orbit that is not circular, with why.
[[nodiscard]] ScanPlane scan_plane(const ProjectionGeometry& geometry, const ProjectionGeometry::Orbit& orbit);

/// The detector reaches further on one side of the axis than on the other, by more than two elements.
[[nodiscard]] bool is_displaced(const ScanPlane& plane);

/// The scan with `low` elements more before the first and `high` more behind the last of every row.
[[nodiscard]] ProjectionGeometry widened(const ProjectionGeometry& geometry, std::int64_t low, std::int64_t high);

/// Wang 2002: opposite rays share their weight of 2 over the part of the detector seen twice.
[[nodiscard]] double displacement_weight(const ScanPlane& plane, double gamma);

/// Parker 1982, with the arc covered instead of pi plus the fan angle: opposite rays share a weight of 1.
[[nodiscard]] double short_scan_weight(double from_start, double arc, double gamma);

}  // namespace iso::tomography::detail
