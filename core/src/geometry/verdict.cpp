#include "iso/geometry/verdict.h"

#include "iso/base/error.h"
#include "iso/geometry/vec3.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

namespace iso {

namespace {

constexpr std::array<std::string_view, 6> names{"uniform", "gap", "tilt", "variable", "missing", "mismatch"};
constexpr double tolerance_mm = 0.01;

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

}  // namespace

std::string_view to_string(Finding finding) noexcept { return names[static_cast<std::size_t>(finding)]; }

Finding finding_from_string(std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<Finding>(i);
  }
  throw Error{Errc::usage, "there is no geometry finding '" + std::string{name} + "'",
              "use one of gap, tilt, variable, missing, mismatch"};
}

GeometryVerdict check_slices(std::span<const Vec3> centres_mm, const Mat3& direction) {
  if (centres_mm.empty()) return {Finding::missing, 0, "slices", "the series has no slices"};
  if (centres_mm.size() == 1) return {Finding::uniform, 0, "mm", "one slice"};
  const Vec3 normal{direction[2], direction[5], direction[8]};
  std::vector<Vec3> sorted(centres_mm.begin(), centres_mm.end());
  std::ranges::stable_sort(sorted, [&](const Vec3& a, const Vec3& b) { return dot(a, normal) < dot(b, normal); });
  std::vector<double> steps;
  double aside = 0;
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    const Vec3 step = subtract(sorted[i], sorted[i - 1]);
    steps.push_back(dot(step, normal));
    aside = std::max(aside, norm(subtract(step, scale(steps.back(), normal))));
  }
  std::vector<double> ordered = steps;
  std::ranges::sort(ordered);
  const double common = ordered[ordered.size() / 2];
  if (ordered.front() <= tolerance_mm) {
    return {Finding::missing, ordered.front(), "mm", "two slices stand at the same place"};
  }
  double worst = 0;
  bool multiples = true;
  for (const double step : steps) {
    worst = std::max(worst, std::abs(step - common));
    const double ratio = step / ordered.front();
    multiples = multiples && std::abs(ratio - std::round(ratio)) * ordered.front() <= tolerance_mm;
  }
  if (aside > std::max(tolerance_mm, 1e-3 * common)) {
    return {Finding::tilt, aside, "mm",
            "slices are shifted sideways by up to " + number(aside) + " mm a step, as with a tilted gantry"};
  }
  if (worst <= tolerance_mm)
    return {Finding::uniform, worst, "mm", "slices are equally spaced at " + number(common) + " mm"};
  if (multiples) {
    return {Finding::gap, worst, "mm",
            "slices are missing: steps of " + number(ordered.front()) + " mm and of up to " + number(ordered.back()) +
                " mm"};
  }
  return {Finding::variable, worst, "mm",
          "slice steps vary between " + number(ordered.front()) + " and " + number(ordered.back()) + " mm"};
}

GeometryVerdict check_sinogram(const Shape& readings, const ProjectionGeometry& geometry) {
  if (geometry.views().empty()) return {Finding::missing, 0, "views", "the scan has no views"};
  const Shape expected = geometry.sinogram_shape();
  if (readings[0] != expected[0] || readings[1] != expected[1] || readings[2] != expected[2]) {
    return {Finding::mismatch, std::abs(static_cast<double>(readings[2] - expected[2])), "views",
            "the readings are " + readings.text() + " (u, v, view), the geometry is " + expected.text()};
  }
  // Two views at one place would count twice in every reconstruction.
  std::vector<std::size_t> order(geometry.views().size());
  for (std::size_t b = 0; b < order.size(); ++b) order[b] = b;
  const auto key = [&](std::size_t b) {
    const View& v = geometry.views()[b];
    return std::array<double, 6>{v.source_mm[0],          v.source_mm[1], v.source_mm[2],
                                 v.detector_centre_mm[0], v.u_step_mm[0], v.u_step_mm[1]};
  };
  const double scale = 1e-9 * std::max(1.0, norm(geometry.views()[0].source_mm));
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
  for (std::size_t i = 1; i < order.size(); ++i) {
    const View &a = geometry.views()[order[i - 1]], &b = geometry.views()[order[i]];
    // A turn that is measured to its end has its first view twice, which is no mistake.
    const bool closing = order.size() > 2 && std::min(order[i - 1], order[i]) == 0 &&
                         std::max(order[i - 1], order[i]) + 1 == order.size();
    if (!closing && norm(subtract(a.source_mm, b.source_mm)) <= scale &&
        norm(subtract(a.detector_centre_mm, b.detector_centre_mm)) <= scale &&
        norm(subtract(a.u_step_mm, b.u_step_mm)) <= 1e-9) {
      return {Finding::variable, 0, "views",
              "views " + std::to_string(std::min(order[i - 1], order[i])) + " and " +
                  std::to_string(std::max(order[i - 1], order[i])) + " stand at the same place"};
    }
  }
  return {Finding::uniform, 0, "views", std::to_string(readings[2]) + " views, each at its own place"};
}

void refuse_unless_accepted(const GeometryVerdict& verdict, std::span<const Finding> accepted) {
  if (verdict.finding == Finding::uniform || std::ranges::find(accepted, verdict.finding) != accepted.end()) return;
  const std::string accept = "--accept-geometry " + std::string{to_string(verdict.finding)};
  // Other sizes nearly always mean the file of another scan, and accepting that gives an image that looks almost right.
  if (verdict.finding == Finding::mismatch) {
    throw Error{Errc::geometry_refused, verdict.sentence,
                "check that the geometry file is the one of this scan; if it is, " + accept +
                    " goes on all the same and the record says so"};
  }
  throw Error{Errc::geometry_refused, verdict.sentence,
              "pass " + accept + " to go on all the same; the record will say so"};
}

}  // namespace iso
