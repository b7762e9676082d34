#include "iso/geometry/projection_geometry.h"

#include "iso/geometry/vec3.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace iso {

namespace {

using Orbit = ProjectionGeometry::Orbit;

// What one view says of a circular orbit about z, seen in its own rotated frame.
struct Placement {
  double angle_rad, source_to_axis, source_to_detector, u_offset, v_offset, source_u, height;
  bool upright;
};

Placement place(Beam beam, const View& view) {
  const Vec3 u = normalize(view.u_step_mm), v = normalize(view.v_step_mm);
  const Vec3 normal = cross(v, u);  // rays travel along it when the detector faces the source
  Placement p{};
  p.upright = std::abs(std::abs(v[2]) - 1) < 1e-6 && std::abs(u[2]) < 1e-6;
  p.angle_rad = std::atan2(u[1], u[0]);
  p.u_offset = dot(view.detector_centre_mm, u);
  if (beam == Beam::parallel) {
    p.upright = p.upright && std::abs(std::abs(dot(view.source_mm, normal)) - 1) < 1e-6;
    p.height = view.detector_centre_mm[2];
    return p;
  }
  const double towards = dot(subtract(view.detector_centre_mm, view.source_mm), normal) >= 0 ? 1.0 : -1.0;
  p.source_to_axis = -towards * dot(view.source_mm, normal);
  p.source_to_detector = std::abs(dot(subtract(view.detector_centre_mm, view.source_mm), normal));
  p.source_u = dot(view.source_mm, u);
  p.height = view.source_mm[2];
  p.v_offset = view.detector_centre_mm[2] - view.source_mm[2];
  return p;
}

bool same(double a, double b, double scale) { return std::abs(a - b) <= 1e-6 * std::max(1.0, std::abs(scale)); }

}  // namespace

Orbit ProjectionGeometry::orbit() const {
  Orbit out;
  if (views_.empty()) {
    out.why_not = "the scan has no views";
    return out;
  }
  const Placement first = place(beam_, views_[0]);
  bool upright = true, steady = true, level = true;
  double previous = 0;
  std::vector<double> heights;
  for (std::size_t b = 0; b < views_.size(); ++b) {
    const Placement p = place(beam_, views_[b]);
    upright = upright && p.upright;
    steady = steady && same(p.source_to_axis, first.source_to_axis, first.source_to_axis) &&
             same(p.source_to_detector, first.source_to_detector, first.source_to_detector) &&
             same(p.u_offset, first.u_offset, first.source_to_detector) &&
             same(p.v_offset, first.v_offset, first.source_to_detector) &&
             same(p.source_u, first.source_u, first.source_to_axis) &&
             same(norm(views_[b].u_step_mm), pitch_u_mm(), 1) && same(norm(views_[b].v_step_mm), pitch_v_mm(), 1);
    level = level && same(p.height, first.height, first.source_to_axis);
    double angle = p.angle_rad;
    if (b > 0) {
      const double turn = 2 * std::numbers::pi;
      angle += turn * std::round((previous - angle) / turn);
    }
    previous = angle;
    out.angles_rad.push_back(angle);
    heights.push_back(p.height);
  }
  out.source_to_axis_mm = first.source_to_axis;
  out.source_to_detector_mm = first.source_to_detector;
  out.u_offset_mm = first.u_offset;
  out.v_offset_mm = first.v_offset;
  out.source_offset_u_mm = first.source_u;
  out.source_offset_v_mm = level ? first.height : 0;
  const double swept = out.angles_rad.back() - out.angles_rad.front();
  if (!level && std::abs(swept) > 1e-9)
    out.pitch_mm_per_turn = 2 * std::numbers::pi * (heights.back() - heights.front()) / swept;
  if (!upright)
    out.why_not = "the detector is tilted or turned out of the plane of rotation";
  else if (!steady)
    out.why_not = "distances, offsets or pitch change between views";
  else if (!level)
    out.why_not = "the source moves along the axis (helical)";
  out.circular = out.why_not.empty();
  return out;
}

}  // namespace iso
