#pragma once

#include "gpu/kernels/axis.h"

#include <iso/base/shape.h>

namespace iso::gpu {

/// One axis of an array, as kernels take it.
inline Axis make_axis(const Shape& shape, std::size_t axis) {
  Axis result{1, shape[axis]};
  for (std::size_t a = 0; a < axis; ++a) result.stride *= shape[a];
  return result;
}

}  // namespace iso::gpu
