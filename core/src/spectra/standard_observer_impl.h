#pragma once

#include <array>
#include <cstddef>
#include <vector>

/// CIE 1931 standard observer (2 degrees) and illuminant D65, every 10 nm from 380 to 780 nm, as ISO/CIE 11664 tabulates them.
namespace iso::spectra::detail {

struct Observed {
  double x, y, z, d65;
};
/// At any wavelength, linear between the tabulated ones; zero outside.
[[nodiscard]] Observed observed(double nm) noexcept;

/// What a value of each of `bands` (ascending centres, nm) adds to linear red, green and blue of IEC 61966-2-1 (sRGB), by trapezoids;
/// a reflectance of 1 in all of them is white, (1, 1, 1).
[[nodiscard]] std::vector<std::array<double, 3>> rgb_weights(const std::vector<double>& centres,
                                                             const std::vector<std::size_t>& bands);

}  // namespace iso::spectra::detail
