#pragma once

#include "display.h"
#include "plane.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

class vtkRenderer;  // NOLINT(cppcoreguidelines-virtual-class-destructor): a class of VTK

namespace iso::render {

enum class Slab : std::uint8_t { none, maximum, minimum, mean };

/// A box of labels that replace those of the raster: the stroke that the user is drawing.
struct LabelPatch {
  std::array<std::int64_t, 3> first{}, size{};  ///< voxels of the frame
  std::vector<std::uint16_t> values;            ///< x fastest
  std::uint64_t revision{0};                    ///< another one whenever anything changed
};

/// One image of the picture, the lowest first.
struct Layer {
  std::shared_ptr<const Raster> raster;
  Display display;
  std::int64_t frame{0};
  std::shared_ptr<const LabelPatch> patch{};
};

enum class Mark : std::uint8_t { line, angle, rectangle, ellipse, polygon, point, plus, minus, ring };

/// A measurement over the picture, with points in mm; drawn if its plane is the one shown (within half a slice).
struct Figure {
  Mark mark{Mark::line};
  std::vector<Vec3> points_mm;
  std::array<double, 3> colour{1, 1, 0};
  std::string text;  ///< beside the last point
  bool selected{false};
};

/// A line through the crosshair: where another plane cuts this one.
struct CrossAxis {
  Vec3 direction{};
  std::array<double, 3> colour{1, 1, 1};
};

/// The content of a slice view as a value: a presenter makes it, the scene draws it.
struct SlicePicture {
  Plane plane;
  double mm_per_pixel{1};
  std::vector<Layer> layers;
  Slab slab{Slab::none};
  double slab_mm{0};
  double reveal{1};  ///< the layers above the first are seen left of this part of the width
  std::optional<Vec3> crosshair_mm;
  std::vector<CrossAxis> cross_axes;  ///< empty: along right and up
  std::array<double, 3> frame_colour{1, 1, 1};
  std::vector<Figure> figures;
  bool letters{true}, scale_bar{true}, annotations{true};
  std::array<std::string, 4> corners;  ///< top left, top right, bottom left, bottom right; lines by '\n'
  std::string hint;                    ///< in the middle, where there is no picture: what can be done
  std::string badge;                   ///< "model-based estimate", "reduced 2 x": always shown
  std::array<double, 3> background{0, 0, 0};
};

/// Device pixel from the top left of a place on the plane.
[[nodiscard]] std::array<double, 2> to_pixel(const SlicePicture& picture, int width_px, int height_px,
                                             const Vec3& world_mm) noexcept;

/// Draws a SlicePicture with VTK. Knows no toolkit: a host gives it a render window by adding `renderer()`.
/// For pictures beside the screen; a view draws the same SliceImage and Marks by its toolkit, which is cheaper.
class SliceScene {
 public:
  SliceScene();
  ~SliceScene();
  SliceScene(const SliceScene&) = delete;
  SliceScene& operator=(const SliceScene&) = delete;
  [[nodiscard]] vtkRenderer* renderer() const noexcept;
  void set_size(int width_px, int height_px, double pixel_ratio);  ///< device pixels
  void show(const SlicePicture& picture);
  /// Device pixel (origin top left) to mm on the plane, and back.
  [[nodiscard]] Vec3 to_world(double x_px, double y_px) const noexcept;
  [[nodiscard]] std::array<double, 2> to_pixel(const Vec3& world_mm) const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A picture without a window on screen (off-screen Mesa), for tests, screenshots and sweep export: RGB rows from the top.
struct Bitmap {
  int width{0}, height{0};
  std::vector<std::uint8_t> rgb;
};
[[nodiscard]] Bitmap draw(const SlicePicture& picture, int width_px, int height_px, double pixel_ratio = 1);
/// Throws cannot_write. For a file that appears whole or not at all, write to a temporary name (io::write_atomically).
void write_png(const Bitmap& bitmap, const std::string& file);

}  // namespace iso::render
