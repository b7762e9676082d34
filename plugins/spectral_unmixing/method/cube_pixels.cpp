#include "method/cube_pixels.h"

#include <iso/base/dispatch.h>
#include <iso/base/error.h>
#include <iso/base/threads.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace spectral_unmixing {
namespace {

bool masked(const iso::Pixels& mask, std::int64_t at) {
  return !mask.empty() && mask.values<std::uint8_t>()[static_cast<std::size_t>(at)] == 0;
}

template <class T>
bool is_finite(T value) {
  if constexpr (std::is_floating_point_v<T>)
    return std::isfinite(value);
  else
    return true;
}

template <class T>
void choose(const iso::SpectralCube& cube, CubePixels& out) {
  const auto values = cube.pixels.values<T>();
  const std::int64_t n = out.width * out.height;
  std::vector<std::uint8_t> good(static_cast<std::size_t>(n), 1);
  for (std::int64_t i = 0; i < n; ++i) good[static_cast<std::size_t>(i)] = masked(cube.mask, i) ? 0 : 1;
  for (std::int64_t band = 0; band < out.band_count; ++band) {
    if (masked(cube.band_mask, band)) continue;
    const T* const row = values.data() + band * n;
    if (std::is_floating_point_v<T> && std::none_of(row, row + n, [](T v) { return is_finite(v); })) continue;
    out.bands.push_back(band);
  }
  iso::parallel_for(n, 4096, [&](std::int64_t begin, std::int64_t end) {
    if (!std::is_floating_point_v<T>) return;
    for (const std::int64_t band : out.bands)
      for (std::int64_t i = begin; i < end; ++i)
        if (!is_finite(values[static_cast<std::size_t>(band * n + i)])) good[static_cast<std::size_t>(i)] = 0;
  });
  const std::int64_t count = std::count(good.begin(), good.end(), std::uint8_t{1});
  out.data.pixels = count;
  if (count != n)
    for (std::int64_t i = 0; i < n; ++i)
      if (good[static_cast<std::size_t>(i)] != 0) out.pixels.push_back(i);
  if constexpr (std::is_same_v<T, float>) {
    if (count == n) {
      out.data.owner = std::make_shared<iso::Pixels>(cube.pixels);
      for (const std::int64_t band : out.bands) out.data.bands.push_back(values.data() + band * n);
      return;
    }
  }
  const auto memory = std::make_shared<std::vector<float>>(out.bands.size() * static_cast<std::size_t>(count));
  out.data.owner = memory;
  for (std::size_t b = 0; b < out.bands.size(); ++b)
    out.data.bands.push_back(memory->data() + static_cast<std::int64_t>(b) * count);
  iso::parallel_for(static_cast<std::int64_t>(out.bands.size()), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b) {
      const T* const row = values.data() + out.bands[static_cast<std::size_t>(b)] * n;
      float* const to = memory->data() + b * count;
      for (std::int64_t i = 0; i < count; ++i) to[i] = static_cast<float>(row[out.place(i)]);
    }
  });
}

}  // namespace

CubePixels make_cube_pixels(const iso::SpectralCube& cube) {
  const auto& spec = cube.pixels.spec();
  CubePixels out;
  if (cube.pixels.empty() || spec.shape.rank() < 2 || spec.shape.count() == 0)
    throw iso::Error{iso::Errc::invalid_input, "the cube has no values"};
  out.width = spec.shape[0];
  out.height = spec.shape[1];
  out.band_count = spec.shape.rank() > 2 ? spec.shape[2] : 1;
  iso::dispatch<iso::RealTypes>(
      spec.type, [&](auto zero) { choose<decltype(zero)>(cube, out); }, "spectral unmixing");
  if (out.bands.empty())
    throw iso::Error{iso::Errc::invalid_input, "every band of the cube is masked or has no finite value",
                     "unmask bands of the cube"};
  if (out.data.pixels == 0)
    throw iso::Error{iso::Errc::invalid_input, "no pixel of the cube has a spectrum: all are masked or not finite"};
  return out;
}

iso::Pixels to_maps(const CubePixels& cube, std::span<const float> values, std::int64_t rows) {
  const std::int64_t n = cube.width * cube.height, count = cube.data.pixels;
  iso::PixelBuffer buffer =
      iso::PixelBuffer::allocate({iso::Shape{cube.width, cube.height, rows}, iso::ScalarType::f32});
  const auto to = buffer.values<float>();
  if (count != n) std::ranges::fill(to, std::numeric_limits<float>::quiet_NaN());
  for (std::int64_t k = 0; k < rows; ++k)
    for (std::int64_t i = 0; i < count; ++i)
      to[static_cast<std::size_t>(k * n + cube.place(i))] = values[static_cast<std::size_t>(k * count + i)];
  return buffer;
}

iso::Pixels to_mask(const CubePixels& cube) {
  if (cube.pixels.empty()) return {};
  iso::PixelBuffer buffer = iso::PixelBuffer::allocate({iso::Shape{cube.width, cube.height}, iso::ScalarType::u8});
  for (const std::int64_t place : cube.pixels) buffer.values<std::uint8_t>()[static_cast<std::size_t>(place)] = 1;
  return buffer;
}

RegionSpectra mean_of_regions(const CubePixels& cube, const iso::LabelMap& regions) {
  const auto& spec = regions.labels.spec();
  const std::int64_t n = cube.width * cube.height;
  if (regions.labels.empty() || spec.shape[0] != cube.width || spec.shape[1] != cube.height || spec.shape.count() != n)
    throw iso::Error{iso::Errc::shape_mismatch, "the regions are " + spec.shape.text() + ", the cube is " +
                                                    std::to_string(cube.width) + " x " + std::to_string(cube.height)};
  const bool wide = spec.type == iso::ScalarType::u16;
  const auto label = [&](std::int64_t at) {
    const auto i = static_cast<std::size_t>(at);
    return wide ? static_cast<int>(regions.labels.values<std::uint16_t>()[i])
                : static_cast<int>(regions.labels.values<std::uint8_t>()[i]);
  };
  std::map<int, std::vector<std::int64_t>> members;
  for (std::int64_t i = 0; i < n; ++i)
    if (label(i) > 0) members.try_emplace(label(i));
  for (std::int64_t i = 0; i < cube.data.pixels; ++i)
    if (const int found = label(cube.place(i)); found > 0) members[found].push_back(i);
  RegionSpectra out;
  out.spectra.resize(cube.data.band_count(), static_cast<Eigen::Index>(members.size()));
  for (const auto& [name, pixels] : members) {
    if (pixels.empty())
      throw iso::Error{iso::Errc::invalid_input, "region " + std::to_string(name) + " has no pixel with a spectrum"};
    const auto column = static_cast<Eigen::Index>(out.labels.size());
    for (Eigen::Index l = 0; l < out.spectra.rows(); ++l) {
      double sum = 0;
      for (const std::int64_t i : pixels) sum += static_cast<double>(cube.data.bands[static_cast<std::size_t>(l)][i]);
      out.spectra(l, column) = sum / static_cast<double>(pixels.size());
    }
    out.labels.push_back(name);
  }
  return out;
}

}  // namespace spectral_unmixing
