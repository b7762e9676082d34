#pragma once

#include "method/pixel_matrix.h"

#include <iso/data/dataset.h>

#include <cstdint>
#include <span>
#include <vector>

namespace spectral_unmixing {

/// A cube as the methods see it: the bands and pixels that count, and where they came from.
struct CubePixels {
  PixelMatrix<float> data;
  std::vector<std::int64_t> bands;   ///< of the cube, one for each of `data`
  std::vector<std::int64_t> pixels;  ///< x + width y of each; empty: all of them, in order
  std::int64_t width{0}, height{0}, band_count{0};

  [[nodiscard]] std::int64_t place(std::int64_t pixel) const {
    return pixels.empty() ? pixel : pixels[static_cast<std::size_t>(pixel)];
  }
};

/// Leaves out bands of the band mask and bands that are not finite anywhere, pixels of the mask and pixels with a value that is
/// not finite in one of the bands left. Shares the memory of the cube where it is f32 and every pixel counts.
/// Errors   type_mismatch for complex values; invalid_input where no band or no pixel is left.
[[nodiscard]] CubePixels make_cube_pixels(const iso::SpectralCube& cube);

/// Maps (rows of N values) on the pixels of the cube, x, y, row; f32, NaN where there is no pixel.
[[nodiscard]] iso::Pixels to_maps(const CubePixels& cube, std::span<const float> values, std::int64_t rows);
/// 1 where there is a pixel (u8; x, y); empty where there is one everywhere.
[[nodiscard]] iso::Pixels to_mask(const CubePixels& cube);

/// The mean spectrum of each label (above 0) of a label map over the cube, in columns, and the labels. Throws shape_mismatch where
/// the map is of another size, invalid_input where a label has no pixel with a spectrum.
struct RegionSpectra {
  Matrix spectra;
  std::vector<int> labels;
};
[[nodiscard]] RegionSpectra mean_of_regions(const CubePixels& cube, const iso::LabelMap& regions);

}  // namespace spectral_unmixing
