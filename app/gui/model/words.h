#pragma once

#include "render/scene/raster.h"

#include <string>

/// Values and positions as text for the views, tables and captions of the desktop.
namespace iso::gui {

/// A value with four significant digits; an exponent only below 1e-4 and from 1e7 on; "not a number" where it is not finite.
[[nodiscard]] std::string format_value(double value);
/// A position: "R 17.6, P 35.3, S 12.1 mm" of oriented anatomical data, "u 12.0, view 45.0" of raw data.
[[nodiscard]] std::string format_position(const render::Raster& raster, const Vec3& world_mm);
/// A name of the program as words: "label_map" as "label map", "k_space" as "k-space".
[[nodiscard]] std::string to_words(std::string name);
/// Words (UTF-8) cut to `letters` bytes with an ellipsis in the middle; empty below 8 letters.
[[nodiscard]] std::string shortened(const std::string& words, double letters);

}  // namespace iso::gui
