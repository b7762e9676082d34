#pragma once

#include "method/image.h"

#include <algorithm>

namespace example {

/// An image made of a function of its indices.
template <class F>
Image image_from(std::array<std::int64_t, 3> size, const F& value) {
  iso::PixelBuffer buffer = iso::PixelBuffer::allocate({{size[0], size[1], size[2]}, iso::ScalarType::f32});
  auto values = buffer.values<float>();
  std::size_t i = 0;
  for (std::int64_t z = 0; z < size[2]; ++z)
    for (std::int64_t y = 0; y < size[1]; ++y)
      for (std::int64_t x = 0; x < size[0]; ++x) values[i++] = static_cast<float>(value(x, y, z));
  return {std::move(buffer), size};
}

}  // namespace example
