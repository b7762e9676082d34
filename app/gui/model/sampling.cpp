#include "sampling.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace iso::gui {
namespace {

std::int64_t extent(const Pixels& pixels, std::size_t axis) {
  const auto extents = pixels.spec().shape.extents();
  return axis < extents.size() ? extents[axis] : 1;
}

}  // namespace

std::optional<Item> make_sampling_item(const Item& item) {
  const auto* const data = std::get_if<KSpace>(item.data.get());
  if (data == nullptr || !data->trajectory.cartesian()) return {};
  const Pixels& mask = data->trajectory.cartesian_mask;
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
  const auto measured = std::max<std::int64_t>(1, std::ranges::count(to, std::uint8_t{1}));
  std::array<char, 32> factor{};
  std::snprintf(factor.data(), factor.size(), "%.3g", static_cast<double>(to.size()) / static_cast<double>(measured));
  picture.pixels = std::move(buffer);
  Item made;
  made.name = "sampling of " + item.name + " (1 line of " + factor.data() + ")";
  made.data = freeze(std::move(picture));
  render::Raster raster = render::make_raster(made.data);
  raster.anatomical = raster.oriented = raster.measured = false;
  raster.axes = {"phase", over_time ? "frame" : "partition", "partition", "frame"};
  raster.computed_tomography = false;
  raster.low = raster.low_percentile = 0;
  raster.high = raster.high_percentile = 1;
  made.raster = std::make_shared<const render::Raster>(std::move(raster));
  return made;
}

}  // namespace iso::gui
