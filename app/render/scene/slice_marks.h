#pragma once

#include "slice_scene.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace iso::render {

/// Annotations of a picture (crosshair, orientation letters, scale bar, corner text, figures, frame and badge) as lines and text
/// for any painter. Positions and sizes are device pixels from the top left.
struct MarkLine {
  std::array<double, 3> colour{1, 1, 1};
  double width{1};
  std::vector<std::array<double, 2>> points;
};
enum class Across : std::uint8_t { left, centre, right };  ///< the side of the words that stands at the place
enum class Along : std::uint8_t { top, centre, bottom };
struct MarkText {
  std::string words;  ///< lines by '\n'
  double x{0}, y{0};
  Across across{Across::left};
  Along along{Along::top};
  int size{12};
  std::array<double, 3> colour{1, 1, 1};
};
struct Marks {
  std::vector<MarkLine> lines;
  std::vector<MarkText> texts;
};
[[nodiscard]] Marks make_marks(const SlicePicture& picture, int width, int height, double pixel_ratio);

/// The longest of 1, 2, 5 times a power of ten millimetres that fits a fifth of the picture's width.
[[nodiscard]] double scale_bar_mm(double width_px, double mm_per_pixel) noexcept;

}  // namespace iso::render
