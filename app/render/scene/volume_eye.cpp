#include "volume_eye.h"

#include "iso/geometry/vec3.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace iso::render {
namespace {

constexpr double radians = std::numbers::pi / 180;
const double half_tangent = std::tan(VolumeEye::view_angle_deg / 2 * radians);

/// Half the diagonal of the box.
double radius_mm(const VoxelGrid& grid) {
  double squares = 0;
  for (std::size_t axis = 0; axis < 3; ++axis)
    squares += std::pow(grid.spacing_mm[axis] * static_cast<double>(grid.size[axis]), 2);
  return std::sqrt(squares) / 2;
}

std::string side_letter(const Raster& raster, std::size_t axis, bool positive) {
  static constexpr std::array<std::array<const char*, 2>, 3> letters{{{"R", "L"}, {"A", "P"}, {"I", "S"}}};
  if (raster.anatomical && raster.oriented) return letters[axis][positive ? 1 : 0];
  return (positive ? "" : "-") + raster.axes[axis];
}

}  // namespace

void VolumeEye::look_at(const VoxelGrid& grid, char letter) {
  // LPS: the eye stands on that side of the patient.
  switch (letter) {
    case 'P': back_ = {0, 1, 0}; break;
    case 'L': back_ = {1, 0, 0}; break;
    case 'R': back_ = {-1, 0, 0}; break;
    case 'S': back_ = {0, 0, 1}; break;
    case 'I': back_ = {0, 0, -1}; break;
    default: back_ = {0, -1, 0}; break;
  }
  up_ = back_[2] != 0 ? Vec3{0, -1, 0} : Vec3{0, 0, 1};
  focus_ = grid.centre_mm();
  distance_ = std::max(1e-9, radius_mm(grid)) / std::sin(view_angle_deg / 2 * radians);
}

void VolumeEye::orbit(double dx, double dy) noexcept {
  back_ = rotate(back_, up_, -std::numbers::pi * dx);
  const Vec3 across = normalize(right());
  back_ = normalize(rotate(back_, across, -std::numbers::pi * dy));
  up_ = normalize(cross(back_, across));
}

void VolumeEye::zoom(double factor) noexcept {
  if (factor > 0) distance_ /= factor;
}

void VolumeEye::pan(double dx, double dy) noexcept {
  const double reach = 2 * distance_ * half_tangent;
  focus_ = add_scaled(add_scaled(focus_, -reach * dx, right()), reach * dy, up_);
}

Vec3 VolumeEye::ray(double x_px, double y_px, double width_px, double height_px) const noexcept {
  const double across = (2 * x_px - width_px) / height_px * half_tangent;
  const double along = (1 - 2 * y_px / height_px) * half_tangent;
  return normalize(add_scaled(add_scaled(scale(-1, back_), across, right()), along, up_));
}

std::optional<std::array<double, 2>> VolumeEye::to_pixel(const Vec3& world_mm, double width_px,
                                                         double height_px) const noexcept {
  const Vec3 from = subtract(world_mm, place_mm());
  const double depth = -dot(from, back_);
  if (!(depth > 0)) return {};
  const double to_px = height_px / (2 * half_tangent * depth);
  return {{width_px / 2 + dot(from, right()) * to_px, height_px / 2 - dot(from, up_) * to_px}};
}

Marks make_orientation_cube(const VolumeEye& eye, const Raster& raster, int width_px, int height_px,
                            double pixel_ratio) {
  Marks marks;
  const double half = 13 * pixel_ratio, middle_x = width_px - 32 * pixel_ratio, middle_y = height_px - 32 * pixel_ratio;
  if (width_px < 120 * pixel_ratio || height_px < 120 * pixel_ratio) return marks;
  const auto place = [&](const Vec3& at) {
    return std::array<double, 2>{middle_x + half * dot(at, eye.right()), middle_y - half * dot(at, eye.up())};
  };
  for (std::size_t axis = 0; axis < 3; ++axis)
    for (const double sign : {-1.0, 1.0}) {
      Vec3 normal{};
      normal[axis] = sign;
      const double faces = dot(normal, eye.back());
      if (faces < 0.05) continue;  // seen from behind, or edge on
      MarkLine edge{{0.75, 0.75, 0.75}, pixel_ratio, {}};
      for (const auto& [u, v] : {std::pair{-1.0, -1.0}, {1.0, -1.0}, {1.0, 1.0}, {-1.0, 1.0}, {-1.0, -1.0}}) {
        Vec3 corner = normal;
        corner[(axis + 1) % 3] = u;
        corner[(axis + 2) % 3] = v;
        edge.points.push_back(place(corner));
      }
      marks.lines.push_back(std::move(edge));
      if (faces < 0.3) continue;  // no room for a letter
      const auto [x, y] = place(normal);
      marks.texts.push_back({side_letter(raster, axis, sign > 0),
                             x,
                             y,
                             Across::centre,
                             Along::centre,
                             static_cast<int>(std::lround(12 * pixel_ratio)),
                             {1, 1, 1}});
    }
  return marks;
}

}  // namespace iso::render
