#pragma once

#include "method/monitor.h"
#include "method/pixel_matrix.h"

#include <cstdint>

namespace spectral_unmixing {

/// Endmembers of a start are extreme pixels: of a material that is lit unevenly, its brightest. Under the sum rule every other pixel of
/// it would then be a mixture with something dark. Here each endmember from column `first` on gets the brightness that its material
/// usually has: the median over the pixels that non-negative least squares (without the sum rule) gives to it to nine tenths, by
/// size of the contributions. Columns with fewer than ten such pixels stay, and so do all where the sums without the rule are
/// within 0.05 of 1 in half of the pixels: nothing is lit unevenly there. The direction of no endmember changes. *Ours.*
[[nodiscard]] Matrix at_usual_brightness(const PixelMatrix<float>& data, Matrix endmembers, std::int64_t first,
                                         const Monitor& monitor);

}  // namespace spectral_unmixing
