#pragma once

#include "slice_marks.h"

#include "iso/geometry/voxel_grid.h"

#include <array>
#include <optional>

namespace iso::render {

/// From where a volume is looked at, in mm (LPS for anatomical data): a pinhole with an angle of view of 30 degrees, upright.
/// A value, so that a picture made on another thread keeps the eye that it was asked for.
class VolumeEye {
 public:
  /// The box of the grid as a whole, from the side of that letter: 'A', 'P', 'L', 'R', 'S', 'I'.
  void look_at(const VoxelGrid& grid, char letter);
  void orbit(double dx, double dy) noexcept;  ///< fractions of the view's width and height: half a turn across it
  void zoom(double factor) noexcept;          ///< nearer by that factor
  void pan(double dx, double dy) noexcept;    ///< fractions of the view's height

  [[nodiscard]] const Vec3& focus_mm() const noexcept { return focus_; }
  [[nodiscard]] Vec3 place_mm() const noexcept { return add_scaled(focus_, distance_, back_); }
  [[nodiscard]] double distance_mm() const noexcept { return distance_; }
  [[nodiscard]] const Vec3& up() const noexcept { return up_; }
  [[nodiscard]] const Vec3& back() const noexcept { return back_; }  ///< unit vector from the focus to the eye
  [[nodiscard]] Vec3 right() const noexcept { return cross(up_, back_); }
  /// Unit direction through a pixel (from the top left) of a picture of that size.
  [[nodiscard]] Vec3 ray(double x_px, double y_px, double width_px, double height_px) const noexcept;
  /// Pixel from the top left; nothing behind the eye.
  [[nodiscard]] std::optional<std::array<double, 2>> to_pixel(const Vec3& world_mm, double width_px,
                                                              double height_px) const noexcept;
  static constexpr double view_angle_deg = 30;
  friend bool operator==(const VolumeEye&, const VolumeEye&) = default;

 private:
  Vec3 focus_{}, back_{0, -1, 0}, up_{0, 0, 1};
  double distance_{1};
};

/// A small cube that turns with the eye, a letter on each side that is seen: "A", "L", "S"; names of axes for raw data. It stands
/// in the lower right corner; sizes are device pixels.
[[nodiscard]] Marks make_orientation_cube(const VolumeEye& eye, const Raster& raster, int width_px, int height_px,
                                          double pixel_ratio);

}  // namespace iso::render
