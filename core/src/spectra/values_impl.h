#pragma once

#include "iso/base/dispatch.h"
#include "iso/data/mapped_pixels.h"
#include "iso/data/spectral_cube.h"

#include <cmath>
#include <cstddef>
#include <vector>

/// Values of a cube as floats, whatever their type.
namespace iso::spectra::detail {

struct CubeShape {
  std::size_t width, height, bands, plane;
  explicit CubeShape(const SpectralCube& cube)
      : width{static_cast<std::size_t>(cube.pixels.spec().shape[0])},
        height{static_cast<std::size_t>(cube.pixels.spec().shape[1])},
        bands{static_cast<std::size_t>(cube.pixels.spec().shape[2])},
        plane{width * height} {}
};

/// `count` values from element `first` of a band on, `step` apart in `to`.
template <class To>
void copy_values(const SpectralCube& cube, std::size_t band, std::size_t first, std::size_t count, To* to,
                 std::size_t step = 1) {
  const CubeShape shape{cube};
  dispatch<RealTypes>(
      cube.pixels.spec().type,
      [&](auto zero) {
        const auto from = cube.pixels.values<decltype(zero)>().subspan(band * shape.plane + first, count);
        for (std::size_t i = 0; i < count; ++i) to[i * step] = static_cast<To>(from[i]);
      },
      "a spectrum");
}

/// A whole band; its pages go back afterwards.
inline std::vector<float> band_values(const SpectralCube& cube, std::size_t band) {
  const CubeShape shape{cube};
  std::vector<float> values(shape.plane);
  copy_values(cube, band, 0, shape.plane, values.data());
  const std::size_t bytes = shape.plane * byte_count(cube.pixels.spec().type);
  MappedPixels::release(cube.pixels, band * bytes, bytes);
  return values;
}

/// 1 where there is a spectrum by the mask of pixels; empty: everywhere.
inline std::span<const std::uint8_t> pixel_mask(const SpectralCube& cube) {
  return cube.mask.empty() ? std::span<const std::uint8_t>{} : cube.mask.values<std::uint8_t>();
}

}  // namespace iso::spectra::detail
