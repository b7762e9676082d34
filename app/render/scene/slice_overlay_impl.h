#pragma once

#include "slice_scene.h"

#include <array>
#include <functional>
#include <memory>

class vtkRenderer;

namespace iso::render {

/// What stands over the pixels: crosshair, orientation letters, scale bar, corner text, figures, frame and badge.
class SliceOverlay {
 public:
  explicit SliceOverlay(vtkRenderer& renderer);
  ~SliceOverlay();
  SliceOverlay(const SliceOverlay&) = delete;
  SliceOverlay& operator=(const SliceOverlay&) = delete;
  /// `to_pixel` gives device pixels from the top left.
  void show(const SlicePicture& picture, int width, int height, double pixel_ratio,
            const std::function<std::array<double, 2>(const Vec3&)>& to_pixel);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The longest of 1, 2, 5 times a power of ten millimetres that fits a fifth of the picture's width.
[[nodiscard]] double scale_bar_mm(double width_px, double mm_per_pixel) noexcept;

}  // namespace iso::render
