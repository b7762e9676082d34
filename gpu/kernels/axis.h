#pragma once

#include <cstdint>

namespace iso::gpu {

/// One axis of an array: element e has coordinate e / stride % extent on it.
struct Axis {
  std::int64_t stride, extent;
};

}  // namespace iso::gpu
