#include "iso/tomography/coverage.h"

#include "scan_plane_impl.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <numeric>
#include <string>

namespace iso::tomography {
namespace {

constexpr double pi = std::numbers::pi;
constexpr double widest_step = 3;  // in usual steps: anything wider is a gap

std::string degrees(double rad) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", rad * 180 / pi);
  return text;
}

}  // namespace

AngularSpread angular_spread(std::span<const double> angles_rad, double period) {
  const auto count = angles_rad.size();
  if (count < 2)
    throw Error{Errc::invalid_input, "filtered back-projection was given a single view",
                "it needs views from all sides"};
  std::vector<double> wrapped(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double turns = angles_rad[i] / period;
    wrapped[i] = period * (turns - std::floor(turns + 1e-9));
  }
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return wrapped[a] < wrapped[b]; });
  std::vector<double> gap(count);  // from view order[i] to the next
  for (std::size_t i = 0; i < count; ++i) {
    gap[i] = i + 1 < count ? wrapped[order[i + 1]] - wrapped[order[i]] : wrapped[order[0]] + period - wrapped[order[i]];
  }
  const auto widest = static_cast<std::size_t>(std::ranges::max_element(gap) - gap.begin());
  const double usual = (period - gap[widest]) / static_cast<double>(count - 1);
  const double limit = widest_step * usual + 1e-9;
  AngularSpread out;
  out.whole = gap[widest] <= limit;
  const std::size_t first = out.whole ? 0 : (widest + 1) % count;
  if (!out.whole) gap[widest] = usual;  // the outer views stand for half a usual step outwards
  out.arc = std::accumulate(gap.begin(), gap.end(), 0.0);
  out.covered = out.arc;
  for (const double width : gap) out.covered -= width > limit ? width - usual : 0.0;
  out.view.resize(count);
  out.from_start.resize(count);
  double at = out.whole ? 0.0 : 0.5 * usual;
  for (std::size_t i = 0; i < count; ++i) {
    const auto k = (first + i) % count, before = (k + count - 1) % count;
    out.view[order[k]] = 0.5 * (gap[before] + gap[k]);
    out.from_start[order[k]] = at;
    at += gap[k];
  }
  return out;
}

Coverage coverage(const ProjectionGeometry& geometry, const CoverageRules& rules) {
  if (geometry.views().empty())
    throw Error{Errc::invalid_input, "the scan has no views", "give a scan with its geometry"};
  const auto orbit = geometry.orbit();
  const auto plane = detail::scan_plane(geometry, orbit);
  const bool parallel = plane.beam == Beam::parallel, displaced = rules.use_both_sides && detail::is_displaced(plane);
  if (displaced && !(plane.edge_low < 0 && plane.edge_high > 0)) {
    throw Error{Errc::invalid_input, "no ray of the scan passes the axis of rotation",
                "check the offset of the detector"};
  }
  Coverage out;
  out.angles = angular_spread(orbit.angles_rad, 2 * pi);
  out.one_sided = displaced && out.angles.whole;
  const double wide = std::max(-plane.edge_low, plane.edge_high), narrow = std::min(-plane.edge_low, plane.edge_high);
  const double reach = out.angles.whole ? wide : narrow;
  out.complete_radius_mm = parallel ? reach : plane.radius_mm * std::sin(std::clamp(reach, 0.0, pi / 2));
  out.needed_rad = parallel ? pi : pi + 2 * wide;
  if (parallel && !out.one_sided) {
    out.angles = angular_spread(orbit.angles_rad, pi);
    out.enough = out.angles.whole;
  } else {
    // The step between two views more: an arc of whole cells may miss up to one.
    const double step = out.angles.arc / static_cast<double>(orbit.angles_rad.size());
    out.enough = out.angles.whole || out.angles.covered + step >= out.needed_rad;
  }
  if (out.enough || rules.limited_angle) return out;
  throw Error{Errc::invalid_input, to_text(out),
              "use an iterative method, or ask for a limited angle (--limited-angle) and expect what no view looks "
              "along to be missing"};
}

std::optional<Error> why_not_covered(const ProjectionGeometry& geometry, const CoverageRules& rules) {
  try {
    (void)coverage(geometry, rules);
    return std::nullopt;
  } catch (const Error& error) {
    return error;
  }
}

std::string to_text(const Coverage& coverage) {
  return "the views cover " + degrees(coverage.angles.covered) + " degrees, filtered back-projection needs " +
         degrees(coverage.needed_rad);
}

}  // namespace iso::tomography
