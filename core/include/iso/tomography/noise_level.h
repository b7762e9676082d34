#pragma once

#include "iso/data/pixels.h"

namespace iso::tomography {

/// Standard deviation of the noise of readings (u, v, view): median absolute value of the third difference along u, which
/// is blind to anything locally quadratic, over 0.6745 sqrt(20). Ours, after the median estimate of D. Donoho and
/// I. Johnstone, Biometrika 81 (1994) 425. Rows of fewer than five elements give 0. One float a reading of scratch.
[[nodiscard]] double noise_level(const Pixels& readings);

}  // namespace iso::tomography
