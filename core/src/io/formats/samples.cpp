#include "io/formats/samples_impl.h"

#include <cstring>

namespace iso::io::detail {

Pixels turned(const Pixels& block, std::uint16_t orientation) {
  const Shape& shape = block.spec().shape;  // c, x, y, page
  const std::int64_t nx = shape[1], ny = shape[2], pages = shape[3];
  const std::size_t pixel = static_cast<std::size_t>(shape[0]) * byte_count(block.spec().type);
  const bool transposed = orientation >= 5;
  const bool flip_x = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7,
             flip_y = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
  const std::int64_t wide = transposed ? ny : nx, high = transposed ? nx : ny;
  const ArraySpec spec{Shape{shape[0], wide, high, pages}, block.spec().type};
  if (block.is_outline()) return Pixels::outline(spec);
  PixelBuffer out = PixelBuffer::allocate(spec);
  for (std::int64_t page = 0; page < pages; ++page)
    for (std::int64_t y = 0; y < ny; ++y)
      for (std::int64_t x = 0; x < nx; ++x) {
        std::int64_t u = transposed ? y : x, v = transposed ? x : y;
        if (flip_x) u = wide - 1 - u;
        if (flip_y) v = high - 1 - v;
        std::memcpy(out.data() + static_cast<std::size_t>((page * high + v) * wide + u) * pixel,
                    block.data() + static_cast<std::size_t>((page * ny + y) * nx + x) * pixel, pixel);
      }
  return out;
}

Pixels without_last_samples(const Pixels& block, std::int64_t values) {
  const Shape& shape = block.spec().shape;
  const ArraySpec spec{Shape{values, shape[1], shape[2], shape[3]}, block.spec().type};
  if (block.is_outline()) return Pixels::outline(spec);
  PixelBuffer out = PixelBuffer::allocate(spec);
  const std::size_t size = byte_count(spec.type), from = static_cast<std::size_t>(shape[0]) * size,
                    to = static_cast<std::size_t>(values) * size;
  for (std::size_t i = 0; i < static_cast<std::size_t>(shape[1] * shape[2] * shape[3]); ++i)
    std::memcpy(out.data() + i * to, block.data() + i * from, to);
  return out;
}

}  // namespace iso::io::detail
