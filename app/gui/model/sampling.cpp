#include "sampling.h"

#include "iso/mri/sampling_mask.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace iso::gui {
namespace {

std::int64_t extent(const Pixels& pixels, std::size_t axis) {
  const auto extents = pixels.spec().shape.extents();
  return axis < extents.size() ? extents[axis] : 1;
}

/// The picture of 0 and 1 as an item of its own.
Item shown(const Item& item, Volume picture, const std::string& unit, std::array<std::string, 4> axes) {
  const auto values = picture.pixels.values<std::uint8_t>();
  const auto measured = std::max<std::int64_t>(1, std::ranges::count(values, std::uint8_t{1}));
  std::array<char, 32> factor{};
  std::snprintf(factor.data(), factor.size(), "%.3g",
                static_cast<double>(values.size()) / static_cast<double>(measured));
  Item made;
  made.name = "sampling of " + item.name + " (1 " + unit + " of " + factor.data() + ")";
  made.data = freeze(std::move(picture));
  render::Raster raster = render::make_raster(made.data);
  raster.anatomical = raster.oriented = raster.measured = false;
  raster.axes = std::move(axes);
  raster.computed_tomography = false;
  raster.low = raster.low_percentile = 0;
  raster.high = raster.high_percentile = 1;
  made.raster = std::make_shared<const render::Raster>(std::move(raster));
  return made;
}

/// A mask that tells samples apart: readout to the right, phase downwards, partitions and frames behind.
Item make_cut_item(const Item& item, const Pixels& mask) {
  const Shape& shape = mask.spec().shape;
  Volume picture;
  picture.grid.size = {shape[0], shape[1], shape[2] * shape[3]};
  PixelBuffer buffer = PixelBuffer::allocate({picture.grid.shape(), ScalarType::u8});
  std::ranges::transform(mask.values<std::uint8_t>(), buffer.values<std::uint8_t>().begin(),
                         [](std::uint8_t value) { return static_cast<std::uint8_t>(value != 0); });
  picture.pixels = std::move(buffer);
  return shown(item, std::move(picture), "sample",
               {"readout", "phase", shape[2] > 1 ? "partition and frame" : "frame", "frame"});
}

}  // namespace

std::optional<Item> make_sampling_item(const Item& item) {
  const auto* const data = std::get_if<KSpace>(item.data.get());
  if (data == nullptr || !data->trajectory.cartesian()) return {};
  const Pixels& mask = data->trajectory.cartesian_mask;
  if (mri::cuts_lines(*data)) return make_cut_item(item, mask);
  const auto size = [&](std::size_t axis) {
    constexpr std::array<std::size_t, 3> of_samples{1, 2, 4};
    return mask.empty() ? extent(data->samples, of_samples[axis]) : extent(mask, axis);
  };
  const std::int64_t phases = size(0), partitions = size(1), frames = size(2);
  const bool over_time = frames > 1;
  Volume picture;
  picture.grid.size = {phases, over_time ? frames : partitions, over_time ? partitions : 1};
  PixelBuffer buffer = PixelBuffer::allocate({picture.grid.shape(), ScalarType::u8});
  const auto to = buffer.values<std::uint8_t>();
  std::ranges::fill(to, std::uint8_t{1});
  if (!mask.empty()) {
    const auto from = mask.values<std::uint8_t>();
    std::size_t at = 0;
    for (std::int64_t t = 0; t < frames; ++t)
      for (std::int64_t z = 0; z < partitions; ++z)
        for (std::int64_t y = 0; y < phases; ++y)
          to[static_cast<std::size_t>((over_time ? z * frames + t : z) * phases + y)] = from[at++] != 0 ? 1 : 0;
  }
  picture.pixels = std::move(buffer);
  return shown(item, std::move(picture), "line", {"phase", over_time ? "frame" : "partition", "partition", "frame"});
}

}  // namespace iso::gui
