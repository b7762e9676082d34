#pragma once

#include "io/array_impl.h"

#include "iso/data/mapped_pixels.h"
#include "iso/data/spectral_cube.h"
#include "iso/data/table.h"

#include <optional>
#include <vector>

/// What readers of spectral cubes share: values from pieces of a file, masks, axes by hints.
namespace iso::io::detail {

/// From stored numbers to values: gain * number + offset of each band, or number / divisor. Nothing set: as stored.
struct Calibration {
  std::optional<double> divisor;
  std::vector<double> gains, offsets;
  [[nodiscard]] bool empty() const noexcept { return !divisor && gains.empty(); }
};

/// Of the values: f32 or f64 where they are calibrated, else as stored.
[[nodiscard]] ScalarType value_type(FileType type, const Calibration& calibration);

/// A cube (x, y, band) from pieces of its bands, in any order. Values that are NaN, infinite, ignored or saturated mask their
/// pixel; a band of nothing else is masked itself. What is larger than a third of the memory there is goes to a file.
class CubeBuilder {
 public:
  CubeBuilder(const Shape& shape, FileType type, Calibration calibration, const ReadOptions& options);
  void ignore(double value) { ignored_ = value; }
  /// Bands that the file masks say nothing of their pixels.
  void hide(const Pixels& band_mask);
  /// `count` stored numbers in our byte order, of the pixels from `first` on.
  void add(std::size_t band, std::size_t first, std::size_t count, const std::byte* stored);
  /// Sets pixels and masks, and notes what was found. Throws invalid_input if no spectrum is left.
  void finish(SpectralCube& cube);

 private:
  void mark(std::size_t band, std::size_t first, const std::byte* values, std::size_t count);
  void mark_pixels(SpectralCube& cube);
  void note_scale(SpectralCube& cube);

  Shape shape_;
  FileType type_;
  Calibration calibration_;
  ScalarType stored_, value_;
  std::optional<double> ignored_, saturation_;
  std::size_t plane_{0};
  PixelBuffer memory_;
  std::optional<MappedPixels> mapped_;
  std::vector<bool> hidden_;
  std::vector<std::uint64_t> bad_in_band_;
  std::vector<std::uint32_t> bad_in_pixel_;
  std::vector<double> sample_;  // of the values, for a word about their scale
  std::vector<std::byte> widened_, calibrated_;
  bool whole_{true};
};

/// The hints of every reader of cubes; and those of readers of bare arrays, with the map from a matrix to rows and columns.
[[nodiscard]] std::vector<params::FieldInfo> cube_hints();
[[nodiscard]] std::vector<params::FieldInfo> matrix_hints();
/// Centres and unit that a hint gives, over those of the file; quantity likewise. Throws invalid_input, cannot_read.
void take_band_hints(SpectralCube& cube, const ReadOptions& options);
/// A cube from an array that is in memory, with masks and scale.
[[nodiscard]] SpectralCube make_masked_cube(const Pixels& pixels, const ReadOptions& options, Metadata meta);
/// A matrix of bands x pixels or pixels x bands as (x, y, band) by the hint "dims"; other arrays as they are.
[[nodiscard]] Pixels with_rows_and_columns(const Pixels& pixels, const ReadOptions& options, bool columns_first);
/// A library from a matrix: as many rows or columns as the hint "wavelengths" gives positions. `block` is f64.
[[nodiscard]] Table make_library(const Pixels& block, const ReadOptions& options, Metadata meta);
/// Numbers of a text file: one a line or several, words at its head left out.
[[nodiscard]] std::vector<double> numbers_in_file(const std::filesystem::path& file);

}  // namespace iso::io::detail
