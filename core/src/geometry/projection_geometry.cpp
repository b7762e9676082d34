#include "iso/geometry/projection_geometry.h"

#include "iso/base/error.h"
#include "iso/geometry/vec3.h"

#include <cmath>
#include <numbers>

namespace iso {

namespace {

// Whatever the unit: elements of an electron microscope are a millionth of a millimetre.
bool not_parallel(const Vec3& a, const Vec3& b) {
  const double product = norm(a) * norm(b);
  return product > 0 && norm(cross(a, b)) > 1e-9 * product;
}

void check_views(std::array<std::int64_t, 2> elements, const std::vector<View>& views) {
  if (elements[0] < 1 || elements[1] < 1) {
    throw Error{Errc::invalid_input,
                "the detector has " + std::to_string(elements[0]) + " x " + std::to_string(elements[1]) +
                    " elements, both must be at least 1",
                "check the detector size"};
  }
  for (std::size_t b = 0; b < views.size(); ++b) {
    const auto& view = views[b];
    const bool sound = is_finite(view.source_mm) && is_finite(view.detector_centre_mm) && is_finite(view.u_step_mm) &&
                       is_finite(view.v_step_mm) && not_parallel(view.u_step_mm, view.v_step_mm) &&
                       norm(view.source_mm) > 0;
    if (!sound) {
      throw Error{Errc::invalid_input,
                  "view " + std::to_string(b) + " of the geometry has a zero, parallel or non-finite vector",
                  "check the geometry file at that view"};
    }
  }
}

View rotated(const View& view, double angle_rad, double height_mm) {
  const Vec3 z{0, 0, 1}, lift{0, 0, height_mm};
  return {add(rotate(view.source_mm, z, angle_rad), lift), add(rotate(view.detector_centre_mm, z, angle_rad), lift),
          rotate(view.u_step_mm, z, angle_rad), rotate(view.v_step_mm, z, angle_rad)};
}

void check_scan(const CircularScan& scan) {
  if (!(scan.source_to_axis_mm > 0) || !std::isfinite(scan.source_to_axis_mm)) {
    throw Error{Errc::invalid_input,
                "the source-to-axis distance is " + std::to_string(scan.source_to_axis_mm) + " mm, it must be positive",
                "check the distances, they are in millimetres"};
  }
  if (!(scan.source_to_detector_mm > 0) || !std::isfinite(scan.source_to_detector_mm)) {
    throw Error{
        Errc::invalid_input,
        "the source-to-detector distance is " + std::to_string(scan.source_to_detector_mm) + " mm, it must be positive",
        "check the distances, they are in millimetres"};
  }
}

}  // namespace

ProjectionGeometry::ProjectionGeometry(Beam beam, DetectorShape shape, std::array<std::int64_t, 2> elements,
                                       std::vector<View> views)
    : beam_{beam}, shape_{shape}, elements_{elements}, views_{std::move(views)} {
  check_views(elements_, views_);
  if (beam_ == Beam::parallel) {
    // What is a unit vector to rounding stays as it is, so that a geometry taken apart and put together again, by a
    // file or a subset, has the same bits.
    for (auto& view : views_)
      if (std::abs(dot(view.source_mm, view.source_mm) - 1) > 1e-14) view.source_mm = normalize(view.source_mm);
  }
}

ProjectionGeometry ProjectionGeometry::parallel(std::span<const double> angles_rad,
                                                std::array<std::int64_t, 2> elements,
                                                std::array<double, 2> element_pitch_mm, double u_offset_mm) {
  const View first{{0, 1, 0}, {u_offset_mm, 0, 0}, {element_pitch_mm[0], 0, 0}, {0, 0, element_pitch_mm[1]}};
  std::vector<View> views;
  views.reserve(angles_rad.size());
  for (const double angle : angles_rad) views.push_back(rotated(first, angle, 0));
  return {Beam::parallel, DetectorShape::flat, elements, std::move(views)};
}

ProjectionGeometry ProjectionGeometry::circular(std::span<const double> angles_rad, const CircularScan& scan) {
  check_scan(scan);
  View first;
  first.source_mm = {scan.offset_mm[2], -scan.source_to_axis_mm, scan.source_offset_v_mm};
  first.detector_centre_mm = {scan.offset_mm[0], scan.source_to_detector_mm - scan.source_to_axis_mm,
                              scan.offset_mm[1]};
  Vec3 u{1, 0, 0}, v{0, 0, 1};
  v = rotate(v, u, scan.detector_tilt_rad);
  const Vec3 normal = cross(u, v);
  u = rotate(u, normal, scan.detector_in_plane_rad);
  v = rotate(v, normal, scan.detector_in_plane_rad);
  first.u_step_mm = scale(scan.element_pitch_mm[0], u);
  first.v_step_mm = scale(scan.element_pitch_mm[1], v);

  std::vector<View> views;
  views.reserve(angles_rad.size());
  const double middle = angles_rad.empty() ? 0 : 0.5 * (angles_rad.front() + angles_rad.back());
  for (const double angle : angles_rad) {
    views.push_back(rotated(first, angle, scan.pitch_mm_per_turn * (angle - middle) / (2 * std::numbers::pi)));
  }
  return {scan.elements[1] == 1 ? Beam::fan : Beam::cone, scan.shape, scan.elements, std::move(views)};
}

Shape ProjectionGeometry::sinogram_shape() const {
  return Shape{elements_[0], elements_[1], static_cast<std::int64_t>(views_.size())};
}

double ProjectionGeometry::pitch_u_mm() const noexcept { return views_.empty() ? 0 : norm(views_[0].u_step_mm); }
double ProjectionGeometry::pitch_v_mm() const noexcept { return views_.empty() ? 0 : norm(views_[0].v_step_mm); }

Vec3 ProjectionGeometry::element_mm(std::size_t b, double u, double v) const noexcept {
  const View& view = views_[b];
  const double du = u - 0.5 * static_cast<double>(elements_[0] - 1);
  const double dv = v - 0.5 * static_cast<double>(elements_[1] - 1);
  const Vec3 row = scale(dv, view.v_step_mm);
  if (shape_ == DetectorShape::flat || beam_ == Beam::parallel) {
    return add(add(view.detector_centre_mm, scale(du, view.u_step_mm)), row);
  }
  // A cylinder about the line through the source along v: turn the centre's arm by the angle of one element.
  const Vec3 axis = normalize(view.v_step_mm);
  const Vec3 to_centre = subtract(view.detector_centre_mm, view.source_mm);
  const Vec3 along = scale(dot(to_centre, axis), axis);
  const Vec3 arm = subtract(to_centre, along);
  const double sense = dot(cross(axis, arm), view.u_step_mm) >= 0 ? 1.0 : -1.0;
  const double angle = sense * du * norm(view.u_step_mm) / norm(arm);
  return add(add(add(view.source_mm, along), rotate(arm, axis, angle)), row);
}

Ray ProjectionGeometry::ray(std::size_t b, double u, double v) const noexcept {
  const Vec3 element = element_mm(b, u, v);
  if (beam_ == Beam::parallel) return {element, views_[b].source_mm};
  return {views_[b].source_mm, normalize(subtract(element, views_[b].source_mm))};
}

Vec3 ProjectionGeometry::project(std::size_t b, const Vec3& point_mm) const noexcept {
  const View& view = views_[b];
  const double mid_u = 0.5 * static_cast<double>(elements_[0] - 1), mid_v = 0.5 * static_cast<double>(elements_[1] - 1);
  const Vec3 normal = cross(view.u_step_mm, view.v_step_mm);
  if (beam_ != Beam::parallel && shape_ == DetectorShape::arc) {
    const Vec3 axis = normalize(view.v_step_mm);
    const Vec3 to_centre = subtract(view.detector_centre_mm, view.source_mm),
               to_point = subtract(point_mm, view.source_mm);
    const Vec3 arm = subtract(to_centre, scale(dot(to_centre, axis), axis));
    const Vec3 reach = subtract(to_point, scale(dot(to_point, axis), axis));
    const double radius = norm(arm), sense = dot(cross(axis, arm), view.u_step_mm) >= 0 ? 1.0 : -1.0;
    const double angle = std::atan2(dot(cross(arm, reach), axis), dot(arm, reach));
    const double magnification = radius / norm(reach);
    const double height = dot(to_point, axis) * magnification - dot(to_centre, axis);
    return {mid_u + sense * angle * radius / norm(view.u_step_mm), mid_v + height / norm(view.v_step_mm),
            magnification};
  }
  // Flat detector: follow the ray to the plane, then solve for the (possibly oblique) steps.
  Vec3 direction = view.source_mm;
  double magnification = 1;
  Vec3 hit;
  if (beam_ == Beam::parallel) {
    hit = add(point_mm,
              scale(dot(subtract(view.detector_centre_mm, point_mm), normal) / dot(direction, normal), direction));
  } else {
    direction = subtract(point_mm, view.source_mm);
    magnification = dot(subtract(view.detector_centre_mm, view.source_mm), normal) / dot(direction, normal);
    hit = add(view.source_mm, scale(magnification, direction));
  }
  const Vec3 offset = subtract(hit, view.detector_centre_mm);
  const double area = dot(normal, normal);
  return {mid_u + dot(cross(offset, view.v_step_mm), normal) / area,
          mid_v + dot(cross(view.u_step_mm, offset), normal) / area, magnification};
}

ProjectionGeometry ProjectionGeometry::subset(std::span<const std::int64_t> views) const {
  std::vector<View> kept;
  kept.reserve(views.size());
  for (const auto view : views) {
    if (view < 0 || view >= static_cast<std::int64_t>(views_.size())) {
      throw Error{Errc::invalid_input, "view " + std::to_string(view) + " was asked for, the geometry has views 0 to " +
                                           std::to_string(static_cast<std::int64_t>(views_.size()) - 1)};
    }
    kept.push_back(views_[static_cast<std::size_t>(view)]);
  }
  return {beam_, shape_, elements_, std::move(kept)};
}

std::vector<double> equal_angles(std::int64_t count, double span_rad, double first_rad) {
  std::vector<double> angles(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    angles[static_cast<std::size_t>(i)] = first_rad + span_rad * static_cast<double>(i) / static_cast<double>(count);
  }
  return angles;
}

}  // namespace iso
