#include "iso/mri/moving_slice.h"

#include "iso/base/error.h"
#include "iso/base/threads.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <numbers>
#include <string>

namespace iso::mri {
namespace {

constexpr std::int64_t lobes = 4;
constexpr double turn = 2 * std::numbers::pi;

double sinc(double x) { return x == 0 ? 1.0 : std::sin(std::numbers::pi * x) / (std::numbers::pi * x); }

/// Weights of the voxels first, first + 1, ... at a place between them; they sum to 1.
struct Weights {
  std::int64_t first{0};
  std::array<double, 2 * lobes> of{};

  explicit Weights(double place) : first{static_cast<std::int64_t>(std::floor(place)) - lobes + 1} {
    double sum = 0;
    for (std::size_t i = 0; i < of.size(); ++i) {
      const double x = place - static_cast<double>(first + static_cast<std::int64_t>(i));
      of[i] = std::abs(x) < lobes ? sinc(x) * sinc(x / lobes) : 0.0;
      if (x == 0) sum = 1, of.fill(0), of[i] = 1;  // a voxel itself
      if (x == 0) return;
      sum += of[i];
    }
    for (double& weight : of) weight /= sum;
  }
};

double value_at(std::span<const float> slice, std::int64_t nx, std::int64_t ny, double x, double y) {
  const Weights along_x{x}, along_y{y};
  double value = 0;
  for (std::int64_t j = 0; j < 2 * lobes; ++j) {
    const std::int64_t row = along_y.first + j;
    if (row < 0 || row >= ny || along_y.of[static_cast<std::size_t>(j)] == 0) continue;
    double sum = 0;
    for (std::int64_t i = 0; i < 2 * lobes; ++i) {
      const std::int64_t column = along_x.first + i;
      if (column < 0 || column >= nx) continue;
      sum += along_x.of[static_cast<std::size_t>(i)] *
             static_cast<double>(slice[static_cast<std::size_t>(row * nx + column)]);
    }
    value += along_y.of[static_cast<std::size_t>(j)] * sum;
  }
  return value;
}

void check_options(const Volume& volume, std::int64_t slice, const MotionOptions& options) {
  const Shape& shape = volume.pixels.spec().shape;
  if (shape[3] > 1 || is_complex(volume.pixels.spec().type))
    throw Error{Errc::unsupported,
                "motion is simulated of a real volume that holds still, this one is " + shape.text() +
                    (is_complex(volume.pixels.spec().type) ? " and complex" : ""),
                "measure a series as it is, without motion"};
  if (slice < 0 || slice >= shape[2])
    throw Error{Errc::invalid_input, "slice " + std::to_string(slice) + " was asked for of a volume of " +
                                         std::to_string(shape[2]) + " slices, which are counted from 0"};
  if (options.frames < 1 || options.frames > 10000)
    throw Error{Errc::invalid_input, "a series of " + std::to_string(options.frames) + " frames was asked for",
                "take 1 to 10000 frames"};
  if (!std::isfinite(options.turn_rad) || !std::isfinite(options.shift_mm) || !std::isfinite(options.phase_rad))
    throw Error{Errc::invalid_input, "the turn, shift or phase of a moving slice is not finite"};
}

/// One frame, real.
void move(std::span<const float> slice, const VoxelGrid& grid, double angle, double shift_mm, std::span<float> out) {
  const std::int64_t nx = grid.size[0], ny = grid.size[1];
  const double cx = 0.5 * static_cast<double>(nx - 1), cy = 0.5 * static_cast<double>(ny - 1);
  const double c = std::cos(angle), s = std::sin(angle);
  parallel_for(ny, 4, [&](std::int64_t from, std::int64_t to) {
    for (std::int64_t y = from; y < to; ++y)
      for (std::int64_t x = 0; x < nx; ++x) {
        const double u = (static_cast<double>(x) - cx) * grid.spacing_mm[0],
                     v = (static_cast<double>(y) - cy) * grid.spacing_mm[1] - shift_mm;
        out[static_cast<std::size_t>(y * nx + x)] =
            angle == 0 && shift_mm == 0
                ? slice[static_cast<std::size_t>(y * nx + x)]
                : static_cast<float>(value_at(slice, nx, ny, (c * u + s * v) / grid.spacing_mm[0] + cx,
                                              (c * v - s * u) / grid.spacing_mm[1] + cy));
      }
  });
}

Pixels with_phase(const Pixels& series, double phase_rad) {
  const Shape& shape = series.spec().shape;
  PixelBuffer out = PixelBuffer::allocate({shape, ScalarType::c64});
  const auto from = series.values<float>();
  const auto to = out.values<std::complex<float>>();
  const auto place = [](std::int64_t i, std::int64_t n) {
    return (2 * static_cast<double>(i) + 1 - static_cast<double>(n)) / static_cast<double>(n);
  };
  for (std::size_t i = 0; i < to.size(); ++i) {
    const double x = place(static_cast<std::int64_t>(i) % shape[0], shape[0]),
                 y = place(static_cast<std::int64_t>(i) / shape[0] % shape[1], shape[1]);
    const std::complex<double> turned{std::polar(1.0, phase_rad * (0.6 * x + 0.4 * y * y))};
    to[i] = std::complex<float>{static_cast<double>(from[i]) * turned};
  }
  return out;
}

}  // namespace

Volume moving_slice(const Volume& volume, std::int64_t slice, const MotionOptions& options) {
  check_options(volume, slice, options);
  const Pixels all = volume.pixels.converted(ScalarType::f32);
  const Shape& shape = all.spec().shape;
  const auto voxels = static_cast<std::size_t>(shape[0] * shape[1]);
  const auto still = all.values<float>().subspan(static_cast<std::size_t>(slice) * voxels, voxels);
  if (!std::ranges::all_of(still, [](float value) { return std::isfinite(value); }))
    throw Error{Errc::invalid_input, "the slice has values that are not finite"};
  Volume out;
  out.grid = volume.grid;
  out.grid.size = {shape[0], shape[1], 1};
  out.grid.origin_mm = volume.grid.to_world({0, 0, static_cast<double>(slice)});
  PixelBuffer series = PixelBuffer::allocate({Shape{shape[0], shape[1], 1, options.frames}, ScalarType::f32});
  for (std::int64_t t = 0; t < options.frames; ++t) {
    const double part = turn * static_cast<double>(t) / static_cast<double>(options.frames);
    move(still, out.grid, t == 0 ? 0 : options.turn_rad * std::sin(part),
         t == 0 ? 0 : 0.5 * options.shift_mm * (1 - std::cos(part)),
         series.values<float>().subspan(static_cast<std::size_t>(t) * voxels, voxels));
  }
  out.pixels = std::move(series);
  if (options.phase_rad != 0) out.pixels = with_phase(out.pixels, options.phase_rad);
  out.quantity = Quantity::signal;
  if (options.frames > 1) out.frames = {"time", "s", {}, 0, 1.0 / static_cast<double>(options.frames)};
  out.meta = volume.meta;
  out.meta["simulated"] = std::string{"a still slice that turns and shifts as a whole"} +
                          (options.phase_rad != 0 ? ", with a smooth phase that was made up"
                                                  : "; from magnitudes, which is optimistic: a measured image has a "
                                                    "phase of its own");
  return out;
}

}  // namespace iso::mri
