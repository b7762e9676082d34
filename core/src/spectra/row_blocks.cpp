#include "iso/spectra/row_blocks.h"

#include "values_impl.h"

#include "iso/base/error.h"
#include "iso/spectra/axis.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace iso::spectra {
namespace {

constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

bool finite(const float* spectrum, std::size_t bands) {
  float sum = 0;
  for (std::size_t i = 0; i < bands; ++i) sum += spectrum[i] * 0.0F;  // NaN if one of them is NaN or infinite
  return sum == 0;
}

/// Takes the columns out that are not finite, and transforms the others.
void finish(SpectraBlock& block, const Transform& transform, std::span<const std::size_t> bands) {
  std::size_t kept = 0;
  for (std::size_t column = 0; column < block.count(); ++column) {
    float* const spectrum = block.values.data() + column * block.bands;
    if (!finite(spectrum, block.bands)) continue;
    apply(transform, bands, {spectrum, block.bands});
    if (transform.domain != Domain::none && !finite(spectrum, block.bands)) continue;
    if (kept != column) std::copy_n(spectrum, block.bands, block.values.data() + kept * block.bands);
    block.pixels[kept++] = block.pixels[column];
  }
  block.pixels.resize(kept);
  block.values.resize(kept * block.bands);
}

}  // namespace

RowBlocks::RowBlocks(const SpectralCube& cube, Transform transform) : cube_{cube}, transform_{std::move(transform)} {
  if (is_complex(cube.pixels.spec().type))
    throw Error{Errc::type_mismatch, "a cube of complex values was given where spectra are real",
                "take the magnitude or the real part first"};
  const auto good = good_bands(cube);
  for (std::size_t band = 0; band < good.size(); ++band)
    if (good[band]) bands_.push_back(band);
  if (bands_.empty()) throw Error{Errc::invalid_input, "every band of the cube is masked", "keep at least one band"};
  width_ = cube.pixels.spec().shape[0];
  height_ = cube.pixels.spec().shape[1];
  const auto mask = detail::pixel_mask(cube);
  spectra_ = mask.empty() ? static_cast<std::uint64_t>(width_ * height_)
                          : mask.size() - static_cast<std::uint64_t>(std::ranges::count(mask, std::uint8_t{0}));
}

std::vector<RowRange> RowBlocks::ranges(std::size_t bytes) const {
  const auto row = static_cast<std::size_t>(width_) * bands_.size() * sizeof(float);
  const auto rows = static_cast<std::int64_t>(std::max<std::size_t>(1, bytes / std::max<std::size_t>(row, 1)));
  std::vector<RowRange> ranges;
  for (std::int64_t first = 0; first < height_; first += rows)
    ranges.push_back({first, std::min(rows, height_ - first)});
  return ranges;
}

void RowBlocks::read(const RowRange& range, SpectraBlock& block) const {
  if (range.first < 0 || range.count < 0 || range.first + range.count > height_)
    throw Error{Errc::internal, "rows were asked for that the cube does not have"};
  const std::size_t first = static_cast<std::size_t>(range.first * width_),
                    count = static_cast<std::size_t>(range.count * width_), bands = bands_.size();
  const auto mask = detail::pixel_mask(cube_);
  block.bands = bands;
  block.pixels.clear();
  for (std::size_t i = 0; i < count; ++i)
    if (mask.empty() || mask[first + i] != 0) block.pixels.push_back(first + i);
  block.values.resize(block.count() * bands);
  const detail::CubeShape shape{cube_};
  const std::size_t element = byte_count(cube_.pixels.spec().type);
  std::vector<float> line(count);
  // A few bands at a time, so that what is written lies close together.
  for (std::size_t i = 0; i < bands; ++i) {
    detail::copy_values(cube_, bands_[i], first, count, line.data());
    float* to = block.values.data() + i;
    for (const std::uint64_t pixel : block.pixels) {
      *to = line[pixel - first];
      to += bands;
    }
    MappedPixels::release(cube_.pixels, (bands_[i] * shape.plane + first) * element, count * element);
  }
  finish(block, transform_, bands_);
}

void RowBlocks::read(std::span<const std::uint64_t> pixels, SpectraBlock& block) const {
  const detail::CubeShape shape{cube_};
  const auto mask = detail::pixel_mask(cube_);
  const std::size_t bands = bands_.size();
  block.bands = bands;
  block.pixels.clear();
  for (const std::uint64_t pixel : pixels) {
    if (pixel >= shape.plane)
      throw Error{Errc::invalid_input,
                  "pixel " + std::to_string(pixel) + " was asked for, the cube has " + std::to_string(shape.plane)};
    if (mask.empty() || mask[pixel] != 0) block.pixels.push_back(pixel);
  }
  block.values.resize(block.count() * bands);
  const std::size_t plane_bytes = shape.plane * byte_count(cube_.pixels.spec().type);
  for (std::size_t i = 0; i < bands; ++i) {
    for (std::size_t column = 0; column < block.count(); ++column)
      detail::copy_values(cube_, bands_[i], block.pixels[column], 1, block.values.data() + column * bands + i);
    MappedPixels::release(cube_.pixels, bands_[i] * plane_bytes, plane_bytes);
  }
  finish(block, transform_, bands_);
}

std::vector<double> spectrum_at(const SpectralCube& cube, std::int64_t x, std::int64_t y) {
  const detail::CubeShape shape{cube};
  if (x < 0 || y < 0 || static_cast<std::size_t>(x) >= shape.width || static_cast<std::size_t>(y) >= shape.height)
    throw Error{Errc::invalid_input, "there is no pixel (" + std::to_string(x) + ", " + std::to_string(y) +
                                         ") in a cube of " + cube.pixels.spec().shape.text()};
  std::vector<double> spectrum(shape.bands, no_value);
  const std::size_t at = static_cast<std::size_t>(y) * shape.width + static_cast<std::size_t>(x);
  const auto mask = detail::pixel_mask(cube);
  if (!mask.empty() && mask[at] == 0) return spectrum;
  const auto good = good_bands(cube);
  for (std::size_t band = 0; band < shape.bands; ++band)
    if (good[band]) detail::copy_values(cube, band, at, 1, &spectrum[band]);
  return spectrum;
}

MeanSpectrum mean_spectrum(const SpectralCube& cube, const Pixels& region, int label) {
  const detail::CubeShape shape{cube};
  if (region.spec().type != ScalarType::u8 || region.spec().shape.count() != static_cast<std::int64_t>(shape.plane))
    throw Error{Errc::shape_mismatch,
                "the region is " + region.spec().shape.text() + ", the cube " + cube.pixels.spec().shape.text()};
  std::vector<std::uint64_t> pixels;
  const auto marks = region.values<std::uint8_t>();
  for (std::size_t at = 0; at < marks.size(); ++at)
    if (marks[at] == label) pixels.push_back(at);
  const RowBlocks rows{cube};
  SpectraBlock block;
  rows.read(pixels, block);
  MeanSpectrum out{std::vector<double>(shape.bands, no_value), std::vector<double>(shape.bands, no_value),
                   block.count()};
  const auto n = static_cast<double>(block.count());
  for (std::size_t i = 0; i < block.bands && n > 0; ++i) {
    double sum = 0, squares = 0;
    for (std::size_t column = 0; column < block.count(); ++column)
      sum += static_cast<double>(block.spectrum(column)[i]);
    const double mean = sum / n;
    for (std::size_t column = 0; column < block.count(); ++column)
      squares += std::pow(static_cast<double>(block.spectrum(column)[i]) - mean, 2);
    out.mean[rows.bands()[i]] = mean;
    out.deviation[rows.bands()[i]] = n > 1 ? std::sqrt(squares / (n - 1)) : 0;
  }
  return out;
}

}  // namespace iso::spectra
