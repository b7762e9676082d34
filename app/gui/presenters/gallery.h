#pragma once

#include "gui/model/composite.h"

#include <cstdint>
#include <string>
#include <vector>

namespace iso::gui {

/// A small picture of one band of a cube, or of all components together.
struct Thumbnail {
  std::string name;
  std::int64_t band{-1};  ///< -1: the components mixed
  int width{0}, height{0};
  std::vector<std::uint32_t> pixels;  ///< 0xffRRGGBB, rows from the top; 0: no value there
};

inline constexpr std::int64_t most_thumbnails = 64;

/// Every band (of more than 64 as many evenly spread ones) from black to its colour, for abundances from 0 to 1 and else
/// between the 2 and 98 percentiles; before them the mixture, where the cube has one. No side is longer than `side`.
[[nodiscard]] std::vector<Thumbnail> make_gallery(const DatasetPtr& cube, int side);

/// "650.2 nm" of bands that have centres, else "quartz" where the cube names them, else "component 3" of abundances or "band 3".
[[nodiscard]] std::string band_name(const SpectralCube& cube, std::int64_t band);

}  // namespace iso::gui
