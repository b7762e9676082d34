#include "composite.h"

#include "iso/spectra/colour.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace iso::gui {
namespace {

constexpr std::int64_t most_components = 8;  ///< with more, colours would be told apart no longer

std::shared_ptr<const render::Raster> to_raster(const spectra::ColourImage& image, const SpectralCube& cube) {
  auto raster = std::make_shared<render::Raster>();
  const Shape& shape = cube.pixels.spec().shape;
  VoxelGrid frame;
  frame.size = {shape[0], shape[1], shape[2]};
  raster->frame = flat_frame(frame);
  raster->anatomical = false;
  raster->stack = raster->colour = true;
  raster->axes = {"x", "y", "band", "frame"};
  raster->frames = 3;
  raster->high = raster->high_percentile = 255;
  const auto count = static_cast<std::size_t>(image.width * image.height);
  PixelBuffer parts = PixelBuffer::allocate({Shape{image.width, image.height, 1, 3}, ScalarType::f32});
  const auto to = parts.values<float>();
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t part = 0; part < 3; ++part)
      to[part * count + i] = image.rgba[4 * i + 3] == 0 ? std::numeric_limits<float>::quiet_NaN()
                                                        : static_cast<float>(image.rgba[4 * i + part]);
  raster->pixels = std::move(parts);
  return raster;
}

}  // namespace

std::vector<std::string> composite_names(const Dataset& data) {
  const auto* const cube = std::get_if<SpectralCube>(&data);
  if (cube == nullptr || cube->pixels.spec().shape.rank() != 3 || is_complex(cube->pixels.spec().type)) return {};
  std::vector<std::string> names;
  for (const spectra::Composite each : spectra::possible_composites(*cube))
    names.emplace_back(spectra::to_string(each));
  const std::int64_t bands = cube->pixels.spec().shape[2];
  if (cube->quantity == Quantity::abundance && bands > 1 && bands <= most_components)
    names.emplace_back(components_composite);
  return names;
}

std::shared_ptr<const render::Raster> make_composite(const DatasetPtr& data, const std::string& name) {
  const auto& cube = get<SpectralCube>(data);
  const auto names = composite_names(*data);
  if (std::ranges::find(names, name) == names.end())
    throw Error{Errc::invalid_input, "the cube has no bands for a picture by '" + name + "'", "show its bands"};
  if (name == components_composite) {
    const auto colours = spectra::component_colours(static_cast<std::size_t>(cube.pixels.spec().shape[2]));
    return to_raster(spectra::mix_components(cube.pixels, colours), cube);
  }
  spectra::ColourOptions options;
  for (const spectra::Composite each : spectra::possible_composites(cube))
    if (spectra::to_string(each) == name) options.composite = each;
  return to_raster(spectra::make_colour_image(cube, options), cube);
}

VoxelGrid flat_frame(const VoxelGrid& frame) {
  VoxelGrid flat = frame;
  const auto deep = static_cast<double>(frame.size[2]);
  flat.size[2] = 1;
  flat.origin_mm = frame.to_world({0, 0, (deep - 1) / 2});
  flat.spacing_mm[2] = frame.spacing_mm[2] * deep;
  return flat;
}

Rgb line_colour(std::size_t number) {
  // Okabe and Ito (2008) in the order in which they stand out on a dark ground, their black replaced by grey.
  static constexpr std::array<Rgb, 8> colours{{{86, 180, 233},
                                               {230, 159, 0},
                                               {0, 158, 115},
                                               {204, 121, 167},
                                               {240, 228, 66},
                                               {213, 94, 0},
                                               {0, 114, 178},
                                               {176, 176, 176}}};
  return colours[number % colours.size()];
}

}  // namespace iso::gui
