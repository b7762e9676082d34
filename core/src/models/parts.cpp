#include "iso/models/network.h"

#include "iso/base/error.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace iso::models {
namespace {

constexpr std::int64_t largest_batch = 16, smallest_tile = 64;

std::int64_t round_up(std::int64_t value, std::int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

/// Pixel i of an axis of n pixels that goes on by reflection without its last one.
std::int64_t reflected(std::int64_t i, std::int64_t n) {
  const std::int64_t period = std::max<std::int64_t>(1, 2 * (n - 1));
  const std::int64_t at = ((i % period) + period) % period;
  return at < n ? at : period - at;
}

/// What a part of an axis shows the network, and what it keeps of the answer.
struct Window {
  std::int64_t first, count;  ///< shown
  std::int64_t from, keep;    ///< kept, in the image
};

std::vector<Window> windows(std::int64_t n, const Tiling& tiling) {
  if (tiling.tile <= 0 || tiling.tile >= n) return {{0, round_up(n, tiling.multiple), 0, n}};
  std::vector<Window> all;
  const std::int64_t halo = round_up(tiling.halo, tiling.multiple);
  const std::int64_t whole = round_up(n, tiling.multiple);
  for (std::int64_t from = 0; from < n; from += tiling.tile) {
    const std::int64_t keep = std::min(tiling.tile, n - from);
    const std::int64_t first = std::max<std::int64_t>(0, from - halo);
    const std::int64_t end = std::min(whole, round_up(from + keep, tiling.multiple) + halo);
    all.push_back({first, end - first, from, keep});
  }
  return all;
}

void check(const Shape& shape, const Tiling& tiling) {
  if (shape.rank() != 4)
    throw Error{Errc::shape_mismatch, "a network takes images (width, height, channels, batch), not " + shape.text()};
  if (tiling.batch < 1 || tiling.multiple < 1 || tiling.halo < 0 ||
      (tiling.tile > 0 && tiling.tile % tiling.multiple != 0))
    throw Error{Errc::invalid_input,
                "a tiling has no batch, or tiles that are no multiple of " + std::to_string(tiling.multiple)};
  for (const std::size_t axis : {std::size_t{0}, std::size_t{1}})
    if (round_up(shape[axis], tiling.multiple) - shape[axis] >= std::max<std::int64_t>(shape[axis], 2))
      throw Error{Errc::invalid_input, "an image of " + shape.text() +
                                           " is too small for a network that takes multiples of " +
                                           std::to_string(tiling.multiple)};
}

Pixels cut(const Pixels& images, const Window& x, const Window& y, std::int64_t first, std::int64_t count) {
  const Shape& shape = images.spec().shape;
  PixelBuffer out = PixelBuffer::allocate({Shape{x.count, y.count, shape[2], count}, ScalarType::f32});
  const auto from = images.values<float>();
  const auto to = out.values<float>();
  std::size_t at = 0;
  for (std::int64_t plane = first * shape[2]; plane < (first + count) * shape[2]; ++plane)
    for (std::int64_t j = 0; j < y.count; ++j) {
      const std::int64_t row = (plane * shape[1] + reflected(y.first + j, shape[1])) * shape[0];
      for (std::int64_t i = 0; i < x.count; ++i)
        to[at++] = from[static_cast<std::size_t>(row + reflected(x.first + i, shape[0]))];
    }
  return out;
}

void paste(const Pixels& part, const Window& x, const Window& y, std::int64_t first, PixelBuffer& whole) {
  const Shape& shape = whole.spec().shape;
  const Shape& own = part.spec().shape;
  const auto from = part.values<float>();
  const auto to = whole.values<float>();
  for (std::int64_t plane = 0; plane < own[2] * own[3]; ++plane)
    for (std::int64_t j = 0; j < y.keep; ++j) {
      const std::int64_t source = (plane * own[1] + y.from - y.first + j) * own[0] + x.from - x.first;
      const std::int64_t target = ((first * own[2] + plane) * shape[1] + y.from + j) * shape[0] + x.from;
      std::copy_n(from.begin() + source, x.keep, to.begin() + target);
    }
}

}  // namespace

Pixels run_in_parts(const Network& network, std::string_view input, const Pixels& images, const Tiling& tiling,
                    const std::stop_token& stop, const std::function<void(double)>& progress) {
  const Shape shape = images.spec().shape;
  check(shape, tiling);
  const auto columns = windows(shape[0], tiling), rows = windows(shape[1], tiling);
  const std::int64_t parts = (shape[3] + tiling.batch - 1) / tiling.batch;
  const double all = static_cast<double>(columns.size() * rows.size()) * static_cast<double>(parts);
  PixelBuffer out;
  double done = 0;
  for (std::int64_t part = 0; part < parts; ++part) {
    const std::int64_t first = part * tiling.batch, count = std::min(tiling.batch, shape[3] - first);
    for (const Window& y : rows)
      for (const Window& x : columns) {
        const Pixels answer = network.run({{std::string{input}, cut(images, x, y, first, count)}}, stop);
        const Shape& got = answer.spec().shape;
        if (got.rank() != 4 || got[0] != x.count || got[1] != y.count || got[3] != count)
          throw Error{Errc::shape_mismatch, "the network made " + got.text() + " of an image of " +
                                                Shape{x.count, y.count, shape[2], count}.text()};
        if (out.empty()) out = PixelBuffer::allocate({Shape{shape[0], shape[1], got[2], shape[3]}, ScalarType::f32});
        paste(answer, x, y, first, out);
        if (progress) progress(++done / all);
      }
  }
  return out;
}

Tiling tile_for(const Shape& images, std::int64_t multiple, std::int64_t halo, double bytes_a_pixel,
                std::size_t budget) {
  Tiling tiling{1, 0, std::max<std::int64_t>(halo, 0), std::max<std::int64_t>(multiple, 1)};
  const double room = static_cast<double>(budget) / std::max(bytes_a_pixel, 1.0);
  const double image = static_cast<double>(round_up(images[0], tiling.multiple)) *
                       static_cast<double>(round_up(images[1], tiling.multiple));
  if (image <= room) {
    tiling.batch = std::clamp(static_cast<std::int64_t>(room / image), std::int64_t{1},
                              std::min(largest_batch, std::max<std::int64_t>(images[3], 1)));
    return tiling;
  }
  const std::string sizes =
      "a network on images of " + images.text() + " does not fit into " + std::to_string(budget >> 20) + " MiB";
  if (halo < 0)
    throw Error{Errc::out_of_memory,
                sizes + ", and its card does not say how far it looks, so that they could be cut into tiles",
                "close other programs, or raise the memory limit"};
  const std::int64_t around = 2 * round_up(tiling.halo, tiling.multiple);
  auto edge = static_cast<std::int64_t>(std::sqrt(room)) - around;
  edge = edge / tiling.multiple * tiling.multiple;
  if (edge < smallest_tile)
    throw Error{Errc::out_of_memory, sizes + ", not even in tiles", "close other programs, or raise the memory limit"};
  tiling.tile = edge;
  return tiling;
}

}  // namespace iso::models
