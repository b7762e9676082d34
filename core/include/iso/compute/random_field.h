#pragma once

#include "iso/data/pixels.h"

#include <cstdint>

namespace iso::compute {

/// Normal values that depend on seed, stream and place alone (iso/base/random.h); real and imaginary part each are one.
[[nodiscard]] Pixels random_field(const ArraySpec& spec, std::uint64_t seed, std::uint64_t stream = 0);

}  // namespace iso::compute
