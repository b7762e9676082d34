#include "iso/mri/simulation.h"

#include "mri/simulation_impl.h"

#include "iso/base/random.h"
#include "iso/base/threads.h"
#include "iso/compute/operators/coil_fourier.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <vector>

namespace iso::mri {
namespace {

using Complex = std::complex<float>;
using Number = std::complex<double>;
constexpr double turn = 2 * std::numbers::pi;

/// Values at a point of the heart phantom, (x, y) from -1 to 1 over the field of view, phase of the beat from 0 to 1.
double heart_value(double x, double y, double beat) {
  const auto inside = [&](double cx, double cy, double a, double b) {
    return (x - cx) * (x - cx) / (a * a) + (y - cy) * (y - cy) / (b * b) <= 1;
  };
  if (!inside(0, 0, 0.88, 0.72)) return 0;
  double value = 0.45;
  if (inside(-0.45, 0.05, 0.24, 0.42) || inside(0.52, 0.05, 0.2, 0.4)) value = 0.1;
  // Radii are parts of the field of view, which is 2 wide here.
  const double outer = 2 * (0.17 + 0.05 * std::cos(turn * beat)), inner = 0.62 * outer;
  const double r = std::hypot(x - 0.05, y + 0.05);
  if (r <= outer) value = 0.6;
  if (r <= inner) value = 0.95;
  if (inside(0.05 + 0.08 * std::sin(turn * beat), 0.52, 0.07, 0.07)) value = 0.85;
  if (r > outer && value > 0.3 && value < 0.5) value += 0.08 * std::sin(22 * x + 9 * y) * std::sin(17 * y - 4 * x);
  return value;
}

}  // namespace

namespace detail {

Pixels as_complex_series(const Volume& series) {
  const Shape& shape = series.pixels.spec().shape;
  const Shape four{shape[0], shape.rank() > 1 ? shape[1] : 1, shape.rank() > 2 ? shape[2] : 1,
                   shape.rank() > 3 ? shape[3] : 1};
  if (series.pixels.spec().type == ScalarType::c64) return series.pixels.reshaped(four);
  PixelBuffer out = PixelBuffer::allocate({four, ScalarType::c64});
  const auto to = out.values<Complex>();
  if (series.pixels.spec().type == ScalarType::c128) {
    const auto from = series.pixels.values<Number>();
    std::ranges::transform(from, to.begin(), [](Number z) { return Complex{z}; });
  } else {
    const Pixels real = series.pixels.converted(ScalarType::f32);
    std::ranges::copy(real.values<float>(), to.begin());
  }
  return out;
}

void check_noise(double noise) {
  if (!(noise >= 0) || !std::isfinite(noise))
    throw Error{Errc::invalid_input, "the noise of a simulated scan must be 0 or more"};
}

double largest_value(const compute::Array& series, compute::Stream& stream) {
  const double largest = series.backend().vector().max_abs(series, stream);
  if (!std::isfinite(largest)) throw Error{Errc::invalid_input, "the series has values that are not finite"};
  return largest;
}

void set_origin(KSpace& scan, const Volume& series, const Pixels& sensitivities) {
  scan.grid = series.grid;
  scan.coil_sensitivities = sensitivities;
  scan.frames = series.frames;
  scan.meta = series.meta;
  scan.meta.try_emplace("simulated",
                        is_complex(series.pixels.spec().type)
                            ? "from a complex series"
                            : "from magnitudes, which is optimistic: a measured image has a phase of its own");
}

}  // namespace detail

Pixels simulated_maps(const Shape& image, std::int64_t coils) {
  if (coils < 1) throw Error{Errc::invalid_input, "a scan was asked for without coils"};
  PixelBuffer maps = PixelBuffer::allocate({Shape{image[0], image[1], image[2], coils}, ScalarType::c64});
  const auto out = maps.values<Complex>();
  const auto voxels = static_cast<std::size_t>(image.count());
  const double extent = static_cast<double>(std::max({image[0], image[1], image[2]}));
  const auto place = [&](std::int64_t i, std::size_t axis) {
    return (static_cast<double>(i) - 0.5 * static_cast<double>(image[axis] - 1)) / extent;
  };
  std::size_t voxel = 0;
  std::vector<Number> here(static_cast<std::size_t>(coils));
  for (std::int64_t z = 0; z < image[2]; ++z)
    for (std::int64_t y = 0; y < image[1]; ++y)
      for (std::int64_t x = 0; x < image[0]; ++x, ++voxel) {
        double energy = 0;
        for (std::size_t c = 0; c < here.size(); ++c) {
          const double angle = turn * static_cast<double>(c) / static_cast<double>(coils);
          const double dx = place(x, 0) - 0.55 * std::cos(angle), dy = place(y, 1) - 0.55 * std::sin(angle),
                       dz = place(z, 2) - (c % 2 == 0 ? 0.1 : -0.1);
          const double size = std::exp(-(dx * dx + dy * dy + dz * dz) / (2 * 0.45 * 0.45));
          here[c] = std::polar(size, 2 * angle + dx - 0.7 * dy);
          energy += size * size;
        }
        for (std::size_t c = 0; c < here.size(); ++c) out[c * voxels + voxel] = Complex{here[c] / std::sqrt(energy)};
      }
  return maps;
}

KSpace simulate(const Volume& series, const SimulationOptions& options, const compute::Backend& backend,
                compute::Stream& stream) {
  detail::check_noise(options.noise);
  const Pixels pixels = detail::as_complex_series(series);
  const Shape& shape = pixels.spec().shape;
  compute::CoilFourier encoding;
  encoding.image = {shape[0], shape[1], shape[2]};
  encoding.coils = options.coils;
  encoding.frames = shape[3];
  if (options.coils != 1) encoding.sensitivities = simulated_maps(encoding.image, options.coils);
  encoding.mask =
      options.given_mask.empty() ? make_mask(shape[1], shape[2], shape[3], options.mask) : options.given_mask;
  const bool cut = encoding.cuts_lines();
  const auto encode = backend.make(encoding);
  const compute::Array x = backend.upload(pixels, stream);
  const double largest = detail::largest_value(x, stream);
  compute::Array samples = backend.allocate(encode->range(), stream);
  encode->forward(x, samples, stream);
  if (!cut) backend.make(compute::Fourier{encoding.range().shape, {0}})->forward(samples, samples, stream);
  PixelBuffer noisy = PixelBuffer::make_copy(backend.download(samples, stream));
  const auto values = noisy.values<Complex>();
  const auto measured = encoding.mask.values<std::uint8_t>();
  // What the mask tells apart: lines, or their samples.
  const auto nx = static_cast<std::size_t>(cut ? 1 : shape[0]),
             rows = static_cast<std::size_t>(encoding.image.count()) / nx,
             coils = static_cast<std::size_t>(options.coils);
  const Philox random{options.seed, 77};
  const double sigma = options.noise * largest;
  parallel_for(
      static_cast<std::int64_t>(values.size() / nx), cut ? 16384 : 64, [&](std::int64_t from, std::int64_t to) {
        for (auto row = static_cast<std::size_t>(from); row < static_cast<std::size_t>(to); ++row) {
          const bool kept = measured[row / (rows * coils) * rows + row % rows] != 0;
          for (std::size_t i = row * nx; i < (row + 1) * nx; ++i)
            values[i] =
                kept ? values[i] + Complex{Number{sigma * random.normal(2 * i), sigma * random.normal(2 * i + 1)}}
                     : Complex{};
        }
      });
  KSpace out;
  out.samples = std::move(noisy);
  out.trajectory.cartesian_mask = encoding.mask;
  detail::set_origin(out, series, encoding.sensitivities);
  return out;
}

Volume heart_phantom(std::int64_t size, std::int64_t frames) {
  if (size < 8 || size > 4096 || frames < 1 || frames > 10000)
    throw Error{Errc::invalid_input,
                "the heart phantom was asked for with " + std::to_string(size) + " voxels and " +
                    std::to_string(frames) + " frames",
                "take 8 to 4096 voxels and 1 to 10000 frames"};
  PixelBuffer pixels = PixelBuffer::allocate({Shape{size, size, 1, frames}, ScalarType::c64});
  const auto values = pixels.values<Complex>();
  constexpr int points = 3;
  parallel_for(frames * size, 4, [&](std::int64_t from, std::int64_t to) {
    for (std::int64_t row = from; row < to; ++row) {
      const std::int64_t frame = row / size;
      const double beat = static_cast<double>(frame) / static_cast<double>(frames);
      for (std::int64_t x = 0; x < size; ++x) {
        const auto at = [&](std::int64_t i, int part) {
          return (2 * (static_cast<double>(i) + (part + 0.5) / points) - static_cast<double>(size)) /
                 static_cast<double>(size);
        };
        double sum = 0;
        for (int v = 0; v < points; ++v)
          for (int u = 0; u < points; ++u) sum += heart_value(at(x, u), at(row % size, v), beat);
        const double phase = 0.6 * at(x, 1) + 0.4 * at(row % size, 1) * at(row % size, 1);
        values[static_cast<std::size_t>(row * size + x)] = Complex{std::polar(sum / (points * points), phase)};
      }
    }
  });
  Volume out;
  out.pixels = std::move(pixels);
  out.grid =
      VoxelGrid::centred({size, size, 1}, {320.0 / static_cast<double>(size), 320.0 / static_cast<double>(size), 8});
  out.quantity = Quantity::signal;
  out.frames = {"time", "s", {}, 0, 0.8 / static_cast<double>(frames)};
  out.meta["orientation"] = "unknown";
  return out;
}

}  // namespace iso::mri
