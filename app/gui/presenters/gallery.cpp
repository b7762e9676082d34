#include "gallery.h"

#include "gui/model/words.h"

#include "iso/base/dispatch.h"
#include "iso/spectra/axis.h"
#include "iso/spectra/colour.h"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace iso::gui {
namespace {

struct Size {
  std::int64_t width, height;  ///< of the scene
  int across, down;            ///< of the thumbnail
};

Size fit(const Shape& shape, int side) {
  const double scale = std::min(1.0, static_cast<double>(side) / static_cast<double>(std::max(shape[0], shape[1])));
  const auto scaled = [&](std::int64_t n) {
    return std::max(1, static_cast<int>(std::lround(scale * static_cast<double>(n))));
  };
  return {shape[0], shape[1], scaled(shape[0]), scaled(shape[1])};
}

/// The pixel of the scene that a pixel of the thumbnail shows.
std::size_t source(const Size& size, int x, int y) {
  const std::int64_t sx = x * size.width / size.across, sy = y * size.height / size.down;
  return static_cast<std::size_t>(sy * size.width + sx);
}

std::uint32_t packed(const Rgb& colour, double part) {
  std::uint32_t pixel = 0xff000000U;
  for (unsigned i = 0; i < 3; ++i) pixel |= static_cast<std::uint32_t>(std::lround(part * colour[i])) << (16U - 8U * i);
  return pixel;
}

Thumbnail mixture(const SpectralCube& cube, const Size& size) {
  const auto colours = spectra::component_colours(static_cast<std::size_t>(cube.pixels.spec().shape[2]));
  const spectra::ColourImage whole = spectra::mix_components(cube.pixels, colours);
  Thumbnail small{"all components", -1, size.across, size.down, {}};
  for (int y = 0; y < size.down; ++y)
    for (int x = 0; x < size.across; ++x) {
      const std::uint8_t* const from = whole.rgba.data() + 4 * source(size, x, y);
      small.pixels.push_back(from[3] == 0 ? 0 : packed({from[0], from[1], from[2]}, 1));
    }
  return small;
}

Thumbnail band_picture(const SpectralCube& cube, std::int64_t band, const Size& size, const Rgb& colour) {
  Thumbnail small{band_name(cube, band), band, size.across, size.down, {}};
  std::vector<double> values;
  dispatch<RealTypes>(cube.pixels.spec().type, [&](auto type) {
    const auto all = cube.pixels.values<decltype(type)>();
    const auto first = static_cast<std::size_t>(band * size.width * size.height);
    for (int y = 0; y < size.down; ++y)
      for (int x = 0; x < size.across; ++x) values.push_back(static_cast<double>(all[first + source(size, x, y)]));
  });
  double low = 0, high = 1;
  if (cube.quantity != Quantity::abundance) {
    std::vector<double> sorted;
    std::ranges::copy_if(values, std::back_inserter(sorted), [](double v) { return std::isfinite(v); });
    std::ranges::sort(sorted);
    const auto quantile = [&](double part) {
      return sorted.empty() ? part : sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))];
    };
    low = quantile(0.02), high = quantile(0.98);
  }
  for (const double value : values)
    small.pixels.push_back(std::isfinite(value)
                               ? packed(colour, high > low ? std::clamp((value - low) / (high - low), 0.0, 1.0) : 0.5)
                               : 0);
  return small;
}

}  // namespace

std::string band_name(const SpectralCube& cube, std::int64_t band) {
  // Names of bands that have a centre are mostly their numbers.
  if (spectra::to_kind(cube.bands) != spectra::AxisKind::index)
    return format_value(cube.bands.at(static_cast<std::size_t>(band))) + " " + cube.bands.unit;
  if (const auto names = cube.meta.find(spectra::band_names_key); names != cube.meta.end()) {
    std::istringstream words{names->second};
    std::string name;
    for (std::int64_t i = 0; std::getline(words, name, ','); ++i)
      if (i == band && name.find_first_not_of(' ') != std::string::npos)
        return name.substr(name.find_first_not_of(' '));
  }
  const std::string number = std::to_string(band + 1);
  return (cube.quantity == Quantity::abundance ? "component " : "band ") + number;
}

std::vector<Thumbnail> make_gallery(const DatasetPtr& data, int side) {
  const auto& cube = get<SpectralCube>(data);
  const Shape& shape = cube.pixels.spec().shape;
  const Size size = fit(shape, side);
  std::vector<Thumbnail> gallery;
  const auto names = composite_names(*data);
  const bool components = std::ranges::find(names, components_composite) != names.end();
  if (components) gallery.push_back(mixture(cube, size));
  const std::int64_t count = std::min(shape[2], most_thumbnails);
  const auto colours = spectra::component_colours(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i)
    gallery.push_back(band_picture(cube, i * shape[2] / count, size,
                                   components ? colours[static_cast<std::size_t>(i)] : Rgb{255, 255, 255}));
  return gallery;
}

}  // namespace iso::gui
