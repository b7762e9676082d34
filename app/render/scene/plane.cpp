#include "plane.h"

#include "iso/geometry/vec3.h"

#include <algorithm>
#include <cmath>

namespace iso::render {
namespace {

/// The normal, turned so that slices are counted along the patient's left, posterior and superior (raw: along the axis).
Vec3 counting_direction(const Plane& plane) noexcept {
  const Vec3 n = plane.normal();
  std::size_t major = 0;
  for (std::size_t axis = 1; axis < 3; ++axis)
    if (std::abs(n[axis]) > std::abs(n[major]) + 1e-9) major = axis;
  return scale(n[major] < 0 ? -1 : 1, n);
}

struct Stack {
  Vec3 direction;
  double first_mm{0}, step_mm{1};
  std::int64_t count{1};
};

Stack make_stack(const Raster& raster, const Plane& plane) {
  Stack stack{counting_direction(plane), 0, 0, 1};
  const VoxelGrid& frame = raster.frame;
  double low = 0, high = 0;
  for (int corner = 0; corner < 8; ++corner) {
    const auto end = [&](int bit, std::size_t axis) {
      return (corner >> bit) & 1 ? static_cast<double>(frame.size[axis] - 1) : 0.0;
    };
    const double place = dot(frame.to_world({end(0, 0), end(1, 1), end(2, 2)}), stack.direction);
    low = corner == 0 ? place : std::min(low, place);
    high = corner == 0 ? place : std::max(high, place);
  }
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (std::abs(dot(column(frame.direction, axis), stack.direction)) > 0.999) stack.step_mm = frame.spacing_mm[axis];
  if (stack.step_mm == 0) stack.step_mm = *std::ranges::min_element(frame.spacing_mm);
  stack.first_mm = low;
  stack.count = std::max<std::int64_t>(1, std::llround((high - low) / stack.step_mm) + 1);
  return stack;
}

/// Letters of a direction in the patient, the strongest component first; weak ones are left out.
std::string to_letters(const Vec3& direction) {
  constexpr std::array<std::array<char, 2>, 3> names{{{'R', 'L'}, {'A', 'P'}, {'I', 'S'}}};
  std::array<std::size_t, 3> order{0, 1, 2};
  std::ranges::sort(order,
                    [&](std::size_t a, std::size_t b) { return std::abs(direction[a]) > std::abs(direction[b]); });
  std::string text;
  for (const std::size_t axis : order)
    if (std::abs(direction[axis]) > 0.2) text += names[axis][direction[axis] > 0 ? 1 : 0];
  return text;
}

std::string axis_name(const Raster& raster, const Vec3& direction) {
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (dot(column(raster.frame.direction, axis), direction) > 0.999) return raster.axes[axis];
  return {};
}

}  // namespace

Vec3 Plane::normal() const noexcept {
  return {right[1] * up[2] - right[2] * up[1], right[2] * up[0] - right[0] * up[2],
          right[0] * up[1] - right[1] * up[0]};
}

Plane standard_plane(const Raster& raster, Orientation orientation, const Vec3& through_mm) {
  Plane plane;
  plane.centre_mm = through_mm;
  if (!raster.anatomical) {
    std::size_t across = 0, down = 1;
    if (orientation == Orientation::coronal || raster.frame.size[1] <= 1) down = 2;
    if (orientation == Orientation::sagittal) across = raster.frame.size[1] > 1 ? 1 : 0, down = 2;
    plane.right = column(raster.frame.direction, across);
    plane.up = scale(-1, column(raster.frame.direction, down));
    return plane;
  }
  switch (orientation) {
    case Orientation::axial:
    case Orientation::oblique:
      plane.right = {1, 0, 0};
      plane.up = {0, -1, 0};
      break;
    case Orientation::coronal:
      plane.right = {1, 0, 0};
      plane.up = {0, 0, 1};
      break;
    case Orientation::sagittal:
      plane.right = {0, 1, 0};
      plane.up = {0, 0, 1};
      break;
  }
  return plane;
}

EdgeLetters edge_letters(const Raster& raster, const Plane& plane) {
  const Vec3 left = scale(-1, plane.right), down = scale(-1, plane.up);
  if (raster.anatomical && raster.oriented)
    return {to_letters(left), to_letters(plane.right), to_letters(plane.up), to_letters(down)};
  return {axis_name(raster, left), axis_name(raster, plane.right), axis_name(raster, plane.up),
          axis_name(raster, down)};
}

std::int64_t slice_count(const Raster& raster, const Plane& plane) { return make_stack(raster, plane).count; }

std::int64_t slice_at(const Raster& raster, const Plane& plane) {
  const Stack stack = make_stack(raster, plane);
  const auto slice = std::llround((dot(plane.centre_mm, stack.direction) - stack.first_mm) / stack.step_mm);
  return std::clamp<std::int64_t>(slice, 0, stack.count - 1);
}

Plane at_slice(const Raster& raster, const Plane& plane, std::int64_t slice) {
  const Stack stack = make_stack(raster, plane);
  const double target =
      stack.first_mm + stack.step_mm * static_cast<double>(std::clamp<std::int64_t>(slice, 0, stack.count - 1));
  const double move = target - dot(plane.centre_mm, stack.direction);
  Plane moved = plane;
  for (std::size_t axis = 0; axis < 3; ++axis) moved.centre_mm[axis] += move * stack.direction[axis];
  return moved;
}

std::array<double, 3> to_colour(Orientation orientation) noexcept {
  constexpr double strong = 200.0 / 255;
  switch (orientation) {
    case Orientation::axial: return {strong, 0, 0};
    case Orientation::sagittal: return {strong, strong, 0};
    case Orientation::coronal: return {0, strong, 0};
    case Orientation::oblique: break;
  }
  return {0.3, 0.5, 1};
}

}  // namespace iso::render
