#pragma once

#include <span>

namespace otsu {

/// The value that divides `values` into two classes with the largest variance between them, the upper edge of a bin.
/// Values that are not finite are left out. Requires at least two bins.
/// Source   Otsu, IEEE Trans. SMC 9 (1979) 62, doi:10.1109/TSMC.1979.4310076.
[[nodiscard]] double threshold(std::span<const float> values, int bins);

}  // namespace otsu
