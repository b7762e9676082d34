#include "scan_plane_impl.h"

#include "iso/base/error.h"

#include "iso/geometry/vec3.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace iso::tomography::detail {

namespace {

constexpr double pi = std::numbers::pi;

// Whether z, u and the direction of the rays are left-handed in the first view.
bool seen_from_behind(const ProjectionGeometry& geometry) {
  const View& view = geometry.views()[0];
  const Vec3 ahead =
      geometry.beam() == Beam::parallel ? view.source_mm : subtract(view.detector_centre_mm, view.source_mm);
  return dot(cross({0, 0, 1}, view.u_step_mm), ahead) < 0;
}

}  // namespace

ScanPlane scan_plane(const ProjectionGeometry& geometry, const ProjectionGeometry::Orbit& orbit) {
  if (!orbit.circular) {
    throw Error{Errc::unsupported, "filtered back-projection needs a circular orbit about z: " + orbit.why_not,
                "use an iterative method, which takes any geometry"};
  }
  ScanPlane plane;
  plane.beam = geometry.beam();
  plane.mirrored = seen_from_behind(geometry);
  const auto elements = geometry.elements()[0];
  const double pitch = geometry.pitch_u_mm(), middle = 0.5 * static_cast<double>(elements - 1);
  const double depth = orbit.source_to_axis_mm, reach = orbit.source_to_detector_mm, source = orbit.source_offset_u_mm;
  const bool parallel = plane.beam == Beam::parallel,
             arc = !parallel && geometry.detector_shape() == DetectorShape::arc;
  plane.depth_mm = depth;
  plane.radius_mm = std::hypot(depth, source);
  const double arm = std::hypot(reach, orbit.u_offset_mm - source);  // source to detector centre
  const double to_axis = std::atan2(source, depth);                  // from the axis to the foot of the normal
  plane.element = parallel ? pitch : (arc ? pitch / arm : pitch * depth / reach);
  if (!parallel && !(depth > 0 && reach > 0)) {
    throw Error{Errc::unsupported, "filtered back-projection needs the axis of rotation in front of the source",
                "check the distances"};
  }
  const double aside = parallel ? -orbit.u_offset_mm
                       : arc    ? -(std::atan2(orbit.u_offset_mm - source, reach) + to_axis) * arm
                                : source - source * reach / depth - orbit.u_offset_mm;
  plane.axis_element = middle + aside / pitch;
  const auto gamma_at = [&](double element) {
    const double du = (element - middle) * pitch;
    if (parallel) return orbit.u_offset_mm + du;
    if (arc) return std::atan2(orbit.u_offset_mm - source, reach) + du / arm + to_axis;
    return std::atan2(orbit.u_offset_mm + du - source, reach) + to_axis;
  };
  for (std::int64_t i = 0; i < elements; ++i) {
    const double gamma = gamma_at(static_cast<double>(i));
    plane.gamma.push_back(gamma);
    // dt/du of the parallel ray that each ray is: R cos(gamma), over the depth on a flat detector.
    plane.cosine.push_back(
        parallel ? 1.0 : (arc ? plane.radius_mm * std::cos(gamma) : plane.radius_mm / depth * std::cos(gamma)));
    plane.across_mm.push_back(
        arc ? arm : std::hypot(reach, orbit.u_offset_mm + (static_cast<double>(i) - middle) * pitch - source));
  }
  const double low = gamma_at(-0.5), high = gamma_at(static_cast<double>(elements) - 0.5);
  plane.edge_low = std::min(low, high);
  plane.edge_high = std::max(low, high);
  return plane;
}

bool is_displaced(const ScanPlane& plane) {
  const double element = (plane.edge_high - plane.edge_low) / static_cast<double>(plane.gamma.size());
  return std::abs(plane.edge_low + plane.edge_high) > 2 * element;
}

ProjectionGeometry widened(const ProjectionGeometry& geometry, std::int64_t low, std::int64_t high) {
  const auto [nu, nv] = geometry.elements();
  const double middle_u = 0.5 * static_cast<double>(nu - 1 + high - low), middle_v = 0.5 * static_cast<double>(nv - 1);
  std::vector<View> views(geometry.views().begin(), geometry.views().end());
  for (std::size_t b = 0; b < views.size(); ++b) {
    views[b].detector_centre_mm = geometry.element_mm(b, middle_u, middle_v);
    if (geometry.detector_shape() == DetectorShape::flat) continue;
    // On an arc the step turns with the centre: it is the tangent there.
    const Vec3 before = geometry.element_mm(b, middle_u - 0.5, middle_v),
               after = geometry.element_mm(b, middle_u + 0.5, middle_v);
    const Vec3 chord = subtract(after, before);
    views[b].u_step_mm = scale(norm(views[b].u_step_mm) / norm(chord), chord);
  }
  return {geometry.beam(), geometry.detector_shape(), {nu + low + high, nv}, std::move(views)};
}

double displacement_weight(const ScanPlane& plane, double gamma) {
  const double overlap = std::min(-plane.edge_low, plane.edge_high);
  const double towards = plane.edge_high >= -plane.edge_low ? gamma : -gamma;  // positive on the long side
  if (towards >= overlap) return 2;
  if (towards <= -overlap) return 0;
  return 1 + std::sin(0.5 * pi * towards / overlap);
}

double short_scan_weight(double from_start, double arc, double gamma) {
  const double half = 0.5 * (arc - pi);  // the fan half angle that this arc would just do for
  const auto ramp = [](double part, double whole) {
    const double s = std::sin(0.25 * pi * part / whole);
    return s * s;
  };
  const double rising = 2 * (half - gamma), falling = pi - 2 * gamma;
  if (from_start < rising) return from_start <= 0 ? 0.0 : ramp(from_start, 0.5 * rising);
  if (from_start <= falling) return 1;
  return from_start >= arc ? 0.0 : ramp(arc - from_start, half + gamma);
}

}  // namespace iso::tomography::detail
