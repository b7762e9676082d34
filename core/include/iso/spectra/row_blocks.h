#pragma once

#include "iso/data/spectral_cube.h"
#include "iso/spectra/transform.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

/// Spectra of a cube, rows at a time, as methods want them: a matrix L x n in f32, the spectrum of a pixel contiguous, without
/// masked bands and pixels. Works alike on cubes in memory and on those that are larger than it (iso/data/mapped_pixels.h): pages
/// of rows that were read are given back to the system.
///
///     const RowBlocks rows{cube};
///     SpectraBlock block;
///     for (const RowRange range : rows.ranges(32 << 20)) {
///       rows.read(range, block);                 // block.values: L x block.count()
///       ... one result a column of the block; block.pixels says where it goes ...
///     }
namespace iso::spectra {

struct RowRange {
  std::int64_t first{0}, count{0};
};

struct SpectraBlock {
  std::size_t bands{0};               ///< L
  std::vector<float> values;          ///< L x count(), the spectrum of a pixel contiguous
  std::vector<std::uint64_t> pixels;  ///< x + width y of each column, ascending
  [[nodiscard]] std::size_t count() const noexcept { return pixels.size(); }
  [[nodiscard]] std::span<const float> spectrum(std::size_t column) const noexcept {
    return {values.data() + column * bands, bands};
  }
};

class RowBlocks {
 public:
  /// Keeps the pixels of the cube alive. Throws type_mismatch for a complex cube, invalid_input if every band is masked.
  explicit RowBlocks(const SpectralCube& cube, Transform transform = {});
  [[nodiscard]] std::int64_t width() const noexcept { return width_; }
  [[nodiscard]] std::int64_t height() const noexcept { return height_; }
  [[nodiscard]] std::span<const std::size_t> bands() const noexcept { return bands_; }  ///< that are used, ascending
  [[nodiscard]] std::uint64_t spectra() const noexcept { return spectra_; }             ///< pixels with a spectrum
  /// All rows, in blocks of at most `bytes` of f32 each, but one row at least. They depend on the cube and `bytes` alone.
  [[nodiscard]] std::vector<RowRange> ranges(std::size_t bytes) const;
  /// Pixels that a mask hides, or that have a NaN or infinite value in a band that is used, are left out. The same memory
  /// of `block` is used again. Safe from several threads with a block each.
  void read(const RowRange& range, SpectraBlock& block) const;
  /// Spectra of chosen pixels (x + width y), in their order; pixels without a spectrum are left out.
  void read(std::span<const std::uint64_t> pixels, SpectraBlock& block) const;

 private:
  SpectralCube cube_;  // shares the pixels
  Transform transform_;
  std::vector<std::size_t> bands_;
  std::int64_t width_{0}, height_{0};
  std::uint64_t spectra_{0};
};

/// The spectrum of one pixel with every band: NaN where the pixel or the band is masked. For cursors. Throws
/// invalid_input outside of the cube.
[[nodiscard]] std::vector<double> spectrum_at(const SpectralCube& cube, std::int64_t x, std::int64_t y);
/// Mean and standard deviation (n - 1) of every band over the pixels where `region` (u8; x, y) is `label`.
struct MeanSpectrum {
  std::vector<double> mean, deviation;  ///< NaN for masked bands; the deviation of one pixel is 0
  std::uint64_t pixels{0};              ///< with a spectrum
};
[[nodiscard]] MeanSpectrum mean_spectrum(const SpectralCube& cube, const Pixels& region, int label = 1);

}  // namespace iso::spectra
