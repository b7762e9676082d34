#pragma once

#include "iso/base/error.h"
#include "iso/geometry/projection_geometry.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

/// The one rule for whether the views of a scan cover enough for a direct reconstruction, and how much each of them counts.
namespace iso::tomography {

/// Views on a circle of `period` rad: how much each counts, and what they cover.
struct AngularSpread {
  std::vector<double>
      view;  ///< integral weights d(angle) in rad, in the order of the views: half the gap on both sides
  std::vector<double> from_start;  ///< angle since the start of the arc, rad in [0, arc]
  double arc{0};                   ///< from first to last view, half a usual step beyond both included
  double covered{0};               ///< the same without the gaps inside
  bool whole{false};               ///< all of the period, without a gap
};
/// A gap is wider than three times the mean of the others; the widest is where an incomplete turn ends. Throws invalid_input for
/// fewer than two views.
[[nodiscard]] AngularSpread angular_spread(std::span<const double> angles_rad, double period);

/// What a circular scan about z covers.
///
/// A parallel beam needs half a turn, fan and cone a full turn or pi plus the fan angle. A detector that reaches further on
/// one side of the axis than on the other (by more than two elements) needs a full turn to be complete up to its wider side;
/// with less, every line is measured up to its narrow side only.
struct Coverage {
  AngularSpread angles;   ///< over half a turn for a parallel beam that is complete with it, else over a full turn
  double needed_rad{0};   ///< pi, or pi plus the fan angle
  bool enough{true};      ///< false: a limited angle, what no view looks along is missing
  bool one_sided{false};  ///< displaced detector on a full turn: opposite views complete each other
  double complete_radius_mm{0};  ///< of the circle about the axis in which every line was measured
};
struct CoverageRules {
  bool use_both_sides{true};  ///< false: a displaced detector is taken for a symmetric one
  bool limited_angle{false};  ///< views that cover too little are taken all the same; the result says so
};
/// Throws unsupported for an orbit that is not circular, with why; invalid_input if the views cover too little, saying how much,
/// or if no ray passes the axis.
[[nodiscard]] Coverage coverage(const ProjectionGeometry& geometry, const CoverageRules& rules = {});

/// Why filtered back-projection cannot reconstruct the scan: what `coverage` throws; nothing if it can.
[[nodiscard]] std::optional<Error> why_not_covered(const ProjectionGeometry& geometry, const CoverageRules& rules = {});

/// "the views cover 154 degrees, filtered back-projection needs 180".
[[nodiscard]] std::string to_text(const Coverage& coverage);

}  // namespace iso::tomography
