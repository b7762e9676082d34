#include "iso/mri/coil_maps.h"

#include "mri/coil_maps_impl.h"

#include "iso/base/threads.h"
#include "iso/mri/sampling_mask.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <vector>

namespace iso::mri {
using detail::Extents;
using detail::extents;
namespace {

using Complex = std::complex<float>;
using Number = std::complex<double>;

double hann(std::int64_t i, std::int64_t n, std::int64_t lines) {
  if (n == 1) return 1;
  const std::int64_t from_centre = i - n / 2;
  const double d = std::abs(static_cast<double>(from_centre)) / (static_cast<double>(lines) / 2);
  return d < 1 ? 0.5 * (1 + std::cos(std::numbers::pi * d)) : 0.0;
}

/// Images of the coils from the centre of k-space.
std::vector<Complex> low_resolution(const KSpace& averaged, const std::array<std::int64_t, 2>& lines,
                                    std::int64_t readout, const compute::Backend& backend, compute::Stream& stream) {
  const Extents n = extents(averaged);
  PixelBuffer windowed = PixelBuffer::make_copy(averaged.samples.reshaped({n.nx, n.ny, n.nz, n.coils}));
  std::size_t i = 0;
  const auto values = windowed.values<Complex>();
  for (std::int64_t c = 0; c < n.coils; ++c)
    for (std::int64_t z = 0; z < n.nz; ++z)
      for (std::int64_t y = 0; y < n.ny; ++y)
        for (std::int64_t x = 0; x < n.nx; ++x, ++i)
          values[i] *= static_cast<float>(hann(x, n.nx, readout) * hann(y, n.ny, lines[0]) * hann(z, n.nz, lines[1]));
  const auto fourier = backend.make(compute::Fourier{Shape{n.nx, n.ny, n.nz, n.coils}, {0, 1, 2}});
  const compute::Array samples = backend.upload(Pixels{std::move(windowed)}, stream);
  compute::Array images = backend.allocate(fourier->domain(), stream);
  if (averaged.fourier_sign < 0)
    fourier->adjoint(samples, images, stream);
  else
    fourier->forward(samples, images, stream);
  const Pixels found = backend.download(images, stream);
  const auto span = found.values<Complex>();
  return {span.begin(), span.end()};
}

}  // namespace

namespace detail {

Extents extents(const KSpace& scan) {
  const Shape& shape = scan.samples.spec().shape;
  return {shape[0], shape[1], shape[2], shape[3]};
}

Calibration calibrate(const KSpace& scan, std::int64_t most) {
  if (!scan.trajectory.cartesian())
    throw Error{Errc::unsupported, "coil maps are made of Cartesian scans only, this one has a free trajectory"};
  Calibration out{time_average(scan), {}, 0};
  out.lines = calibration_extent(out.averaged, most);
  const std::int64_t readout = scan.samples.spec().shape[0];
  out.readout = std::min(readout, cuts_lines(scan) ? std::max(out.lines[0], out.lines[1]) : most);
  if (out.lines[0] == 0 || out.lines[1] == 0)
    throw Error{Errc::invalid_input, "no line about the centre of k-space was measured in any frame",
                "give coil maps, or a scan whose centre was measured"};
  return out;
}

void dominant(const std::vector<Number>& matrix, std::int64_t size, std::vector<Number>& vector) {
  std::int64_t loudest = 0;
  const auto entry = [&](std::int64_t a, std::int64_t b) { return matrix[static_cast<std::size_t>(a * size + b)]; };
  for (std::int64_t c = 1; c < size; ++c)
    if (entry(c, c).real() > entry(loudest, loudest).real()) loudest = c;
  vector.assign(static_cast<std::size_t>(size), Number{});
  for (std::int64_t c = 0; c < size; ++c) vector[static_cast<std::size_t>(c)] = entry(c, loudest);
  std::vector<Number> next(vector.size());
  for (int turn = 0; turn < 12; ++turn) {
    double energy = 0;
    for (std::int64_t a = 0; a < size; ++a) {
      Number sum{};
      for (std::int64_t b = 0; b < size; ++b) sum += entry(a, b) * vector[static_cast<std::size_t>(b)];
      next[static_cast<std::size_t>(a)] = sum;
      energy += std::norm(sum);
    }
    if (!(energy > 0)) return;
    const double scale = 1 / std::sqrt(energy);
    for (std::size_t c = 0; c < vector.size(); ++c) vector[c] = scale * next[c];
  }
}

std::vector<Number> virtual_coil(const Complex* values, std::size_t count, std::size_t coils) {
  std::vector<Number> covariance(coils * coils), vector;
  for (std::size_t a = 0; a < coils; ++a)
    for (std::size_t b = 0; b < coils; ++b)
      for (std::size_t i = 0; i < count; ++i)
        covariance[a * coils + b] += Number{values[a * count + i]} * std::conj(Number{values[b * count + i]});
  dominant(covariance, static_cast<std::int64_t>(coils), vector);
  return vector;
}

Number turn_to(const std::vector<Number>& virtual_coil, const std::vector<Number>& vector) {
  Number along{};
  for (std::size_t c = 0; c < vector.size(); ++c) along += std::conj(virtual_coil[c]) * vector[c];
  return std::abs(along) > 0 ? std::conj(along) / std::abs(along) : Number{1};
}

}  // namespace detail

using namespace detail;

KSpace time_average(const KSpace& scan) {
  const Extents n = extents(scan);
  const std::int64_t frames = scan.samples.spec().shape[4], lines = n.ny * n.nz;
  const bool masked = !scan.trajectory.cartesian_mask.empty(), cut = cuts_lines(scan);
  const auto mask = masked ? scan.trajectory.cartesian_mask.values<std::uint8_t>() : std::span<const std::uint8_t>{};
  KSpace out;
  out.grid = scan.grid;
  out.fourier_sign = scan.fourier_sign;
  PixelBuffer sums = PixelBuffer::allocate({Shape{n.nx, n.ny, n.nz, n.coils, 1}, ScalarType::c64});
  PixelBuffer measured =
      PixelBuffer::allocate({cut ? Shape{n.nx, n.ny, n.nz, 1} : Shape{n.ny, n.nz, 1}, ScalarType::u8});
  const auto from = scan.samples.values<Complex>();
  const auto to = sums.values<Complex>();
  // What the mask tells apart: lines, or their samples.
  const std::int64_t piece = cut ? 1 : n.nx, pieces = lines * n.nx / piece;
  for (std::int64_t i = 0; i < pieces; ++i) {
    std::int64_t count = 0;
    for (std::int64_t t = 0; t < frames; ++t) {
      if (masked && mask[static_cast<std::size_t>(t * pieces + i)] == 0) continue;
      ++count;
      for (std::int64_t c = 0; c < n.coils; ++c) {
        const auto place = static_cast<std::size_t>((c * pieces + i) * piece);
        const auto source = static_cast<std::size_t>(((t * n.coils + c) * pieces + i) * piece);
        for (std::size_t x = 0; x < static_cast<std::size_t>(piece); ++x) to[place + x] += from[source + x];
      }
    }
    measured.values<std::uint8_t>()[static_cast<std::size_t>(i)] = count > 0 ? 1 : 0;
    for (std::int64_t c = 0; c < n.coils && count > 1; ++c) {
      const auto place = static_cast<std::size_t>((c * pieces + i) * piece);
      for (std::size_t x = 0; x < static_cast<std::size_t>(piece); ++x) to[place + x] /= static_cast<float>(count);
    }
  }
  out.samples = std::move(sums);
  out.trajectory.cartesian_mask = std::move(measured);
  return out;
}

namespace {

/// The edge of the largest box about the centre that was measured without a gap, sample by sample; at most `most`.
std::int64_t whole_middle(const Extents& n, std::span<const std::uint8_t> mask, std::int64_t most) {
  const auto holds = [&](std::int64_t half) {
    const auto from = [half](std::int64_t extent) { return extent == 1 ? 0 : extent / 2 - half; };
    const auto to = [half](std::int64_t extent) { return extent == 1 ? 1 : extent / 2 + half; };
    for (const std::int64_t extent : {n.nx, n.ny, n.nz})
      if (from(extent) < 0 || to(extent) > extent) return false;
    for (std::int64_t z = from(n.nz); z < to(n.nz); ++z)
      for (std::int64_t y = from(n.ny); y < to(n.ny); ++y)
        for (std::int64_t x = from(n.nx); x < to(n.nx); ++x)
          if (mask[static_cast<std::size_t>((z * n.ny + y) * n.nx + x)] == 0) return false;
    return true;
  };
  std::int64_t half = 0;
  while (half < most / 2 && holds(half + 1)) ++half;
  return 2 * half;
}

}  // namespace

std::array<std::int64_t, 2> calibration_extent(const KSpace& averaged, std::int64_t most) {
  const Extents n = extents(averaged);
  const auto mask = averaged.trajectory.cartesian_mask.values<std::uint8_t>();
  if (cuts_lines(averaged)) {
    const std::int64_t side = whole_middle(n, mask, most);
    return {n.ny == 1 ? std::min<std::int64_t>(1, side) : side, n.nz == 1 ? std::min<std::int64_t>(1, side) : side};
  }
  const auto measured = [&](std::int64_t y, std::int64_t z) {
    return mask[static_cast<std::size_t>(z * n.ny + y)] != 0;
  };
  const auto along = [&](std::int64_t extent, auto&& here) {
    if (extent == 1) return std::int64_t{here(0) ? 1 : 0};
    std::int64_t half = 0;
    while (half < most / 2 && extent / 2 - half - 1 >= 0 && extent / 2 + half < extent && here(extent / 2 - half - 1) &&
           here(extent / 2 + half))
      ++half;
    return 2 * half;
  };
  return {along(n.ny, [&](std::int64_t y) { return measured(y, n.nz / 2); }),
          along(n.nz, [&](std::int64_t z) { return measured(n.ny / 2, z); })};
}

Pixels adaptive_maps(const KSpace& scan, const compute::Backend& backend, compute::Stream& stream,
                     const AdaptiveOptions& options, double support) {
  const auto [averaged, lines, readout] = calibrate(scan, options.lines);
  const Extents n = extents(averaged);
  const auto images = low_resolution(averaged, lines, readout, backend, stream);
  const auto voxels = static_cast<std::size_t>(n.voxels());
  const auto coils = static_cast<std::size_t>(n.coils);
  std::vector<double> energy(voxels);
  for (std::size_t i = 0; i < images.size(); ++i) energy[i % voxels] += static_cast<double>(std::norm(images[i]));
  const double least = support * support * *std::ranges::max_element(energy);
  PixelBuffer maps = PixelBuffer::allocate({Shape{n.nx, n.ny, n.nz, n.coils}, ScalarType::c64});
  const auto out = maps.values<Complex>();
  const std::vector<Number> whole = virtual_coil(images.data(), voxels, coils);
  parallel_for(n.ny * n.nz, 1, [&](std::int64_t from, std::int64_t to) {
    std::vector<Number> covariance(coils * coils), vector;
    for (std::int64_t row = from; row < to; ++row) {
      stream.check_stop();
      const std::int64_t y = row % n.ny, z = row / n.ny, half = options.block / 2;
      for (std::int64_t x = 0; x < n.nx; ++x) {
        const auto here = static_cast<std::size_t>(row * n.nx + x);
        if (!(energy[here] > least)) continue;
        std::ranges::fill(covariance, Number{});
        for (std::int64_t zz = std::max<std::int64_t>(0, z - half); zz <= std::min(n.nz - 1, z + half); ++zz)
          for (std::int64_t yy = std::max<std::int64_t>(0, y - half); yy <= std::min(n.ny - 1, y + half); ++yy)
            for (std::int64_t xx = std::max<std::int64_t>(0, x - half); xx <= std::min(n.nx - 1, x + half); ++xx) {
              const auto place = static_cast<std::size_t>((zz * n.ny + yy) * n.nx + xx);
              for (std::size_t a = 0; a < coils; ++a)
                for (std::size_t b = 0; b < coils; ++b)
                  covariance[a * coils + b] +=
                      Number{images[a * voxels + place]} * std::conj(Number{images[b * voxels + place]});
            }
        dominant(covariance, n.coils, vector);
        const Number turn = turn_to(whole, vector);
        for (std::size_t c = 0; c < coils; ++c) out[c * voxels + here] = Complex{turn * vector[c]};
      }
    }
  });
  return maps;
}

Pixels normalised(const Pixels& maps, double least) {
  const Shape& shape = maps.spec().shape;
  const auto coils = static_cast<std::size_t>(shape[3]);
  const auto voxels = static_cast<std::size_t>(shape.count()) / coils;
  PixelBuffer out = PixelBuffer::make_copy(maps);
  const auto values = out.values<Complex>();
  std::vector<double> energy(voxels);
  for (std::size_t i = 0; i < values.size(); ++i) energy[i % voxels] += static_cast<double>(std::norm(values[i]));
  const double limit = least * *std::ranges::max_element(energy);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double e = energy[i % voxels];
    values[i] *= static_cast<float>(e > limit ? 1 / std::sqrt(e) : 0.0);
  }
  return out;
}

}  // namespace iso::mri
