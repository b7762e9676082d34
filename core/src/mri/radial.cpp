#include "iso/mri/radial.h"

#include "mri/simulation_impl.h"

#include "iso/base/random.h"
#include "iso/base/threads.h"
#include "iso/compute/operators/fourier.h"
#include "iso/mri/simulation.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <vector>

namespace iso::mri {
namespace {

using Complex = std::complex<float>;
constexpr double half_turn = std::numbers::pi;

void expect_spokes(const KSpace& scan) {
  if (scan.trajectory.cartesian()) throw Error{Errc::invalid_input, "the scan is Cartesian: it has no spokes"};
  const Shape &shape = scan.samples.spec().shape, &places = scan.trajectory.coordinates.spec().shape;
  if (shape[2] != 1 || places.count() % (3 * shape[0] * shape[1]) != 0 ||
      (places.count() != 3 * shape[0] * shape[1] && places.count() != 3 * shape[0] * shape[1] * shape[4]))
    throw Error{Errc::invalid_input, "the coordinates are " + places.text() + ", the samples " + shape.text() +
                                         " (readout, phase, partition, coil, frame)"};
}

std::int64_t trajectories(const KSpace& scan) {
  const Shape& shape = scan.samples.spec().shape;
  return scan.trajectory.coordinates.spec().shape.count() / (3 * shape[0] * shape[1]);
}

/// The van der Corput sequence in base 2.
double bit_reversed(std::uint64_t i) {
  double value = 0, part = 0.5;
  for (; i != 0; i /= 2, part /= 2)
    if (i % 2 == 1) value += part;
  return value;
}

double spoke_angle(const RadialOptions& options, std::int64_t frame, std::int64_t spoke) {
  const double first = half_turn * Philox{options.seed, 78}.uniform(0), golden = 0.5 * (1 + std::sqrt(5.0));
  const auto number = static_cast<double>(frame * options.spokes + spoke);
  switch (options.angle) {
    case SpokeAngle::golden: return first + number * half_turn / golden;
    case SpokeAngle::tiny_golden: return first + number * half_turn / (golden + 6);
    case SpokeAngle::uniform: break;
  }
  const double step = half_turn / static_cast<double>(options.spokes);
  return first + step * (static_cast<double>(spoke) + bit_reversed(static_cast<std::uint64_t>(frame)));
}

Pixels spokes(const Shape& image, std::int64_t frames, std::int64_t readout, const RadialOptions& options) {
  PixelBuffer out = PixelBuffer::allocate({Shape{3, readout, options.spokes, frames}, ScalarType::f32});
  auto next = out.values<float>().begin();
  for (std::int64_t t = 0; t < frames; ++t)
    for (std::int64_t s = 0; s < options.spokes; ++s) {
      const double angle = spoke_angle(options, t, s);
      for (std::int64_t i = 0; i < readout; ++i) {
        const std::int64_t from_centre = i - readout / 2;
        const double r = static_cast<double>(from_centre) / static_cast<double>(readout);
        *next++ = static_cast<float>(r * static_cast<double>(image[0]) * std::cos(angle));
        *next++ = static_cast<float>(r * static_cast<double>(image[1]) * std::sin(angle));
        *next++ = 0;
      }
    }
  return out;
}

void add_noise(std::span<Complex> values, double sigma, std::uint64_t seed) {
  const Philox random{seed, 77};
  parallel_for(static_cast<std::int64_t>(values.size()), 4096, [&](std::int64_t from, std::int64_t to) {
    for (auto i = static_cast<std::size_t>(from); i < static_cast<std::size_t>(to); ++i)
      values[i] += Complex{std::complex<double>{sigma * random.normal(2 * i), sigma * random.normal(2 * i + 1)}};
  });
}

/// Readout, phase, 1, coil, frame with frames of `spokes` from one long frame.
Pixels cut_samples(const Pixels& samples, std::int64_t spokes, std::int64_t frames) {
  const Shape& shape = samples.spec().shape;
  PixelBuffer out = PixelBuffer::allocate({Shape{shape[0], spokes, 1, shape[3], frames}, ScalarType::c64});
  const auto from = samples.values<Complex>().begin();
  auto to = out.values<Complex>().begin();
  for (std::int64_t t = 0; t < frames; ++t)
    for (std::int64_t c = 0; c < shape[3]; ++c)
      to = std::copy_n(from + (c * shape[1] + t * spokes) * shape[0], spokes * shape[0], to);
  return out;
}

Pixels cut_places(const Pixels& places, const Shape& shape) {
  PixelBuffer out = PixelBuffer::allocate({shape, ScalarType::f32});
  std::copy_n(places.values<float>().begin(), shape.count(), out.values<float>().begin());
  return out;
}

}  // namespace

KSpace simulate_radial(const Volume& series, const RadialOptions& options, const compute::Backend& backend,
                       compute::Stream& stream) {
  if (options.spokes < 1 || options.coils < 1)
    throw Error{Errc::invalid_input, "a radial scan was asked for with " + std::to_string(options.spokes) +
                                         " spokes and " + std::to_string(options.coils) + " coils"};
  detail::check_noise(options.noise);
  const Pixels pixels = detail::as_complex_series(series);
  const Shape& shape = pixels.spec().shape;
  if (shape[2] != 1)
    throw Error{Errc::unsupported,
                "spokes are simulated of slices, the series is " + series.pixels.spec().shape.text()};
  const std::int64_t readout = 2 * std::max(shape[0], shape[1]), frames = shape[3];
  KSpace out;
  out.trajectory.coordinates = spokes(shape, frames, readout, options);
  compute::NonUniformFourier encoding{.image = {shape[0], shape[1], 1}, .samples = readout * options.spokes};
  encoding.coils = options.coils, encoding.frames = frames;
  encoding.coordinates = out.trajectory.coordinates.reshaped({3, encoding.samples, frames});
  if (options.coils > 1) encoding.sensitivities = simulated_maps(encoding.image, options.coils);
  const auto a = backend.make(encoding);
  const compute::Array x = backend.upload(pixels, stream);
  const double largest = detail::largest_value(x, stream);
  compute::Array y = backend.allocate(a->range(), stream);
  a->forward(x, y, stream);
  PixelBuffer samples = PixelBuffer::make_copy(backend.download(y, stream));
  add_noise(samples.values<Complex>(), options.noise * largest, options.seed);
  out.samples = Pixels{std::move(samples)}.reshaped({readout, options.spokes, 1, options.coils, frames});
  detail::set_origin(out, series, encoding.sensitivities);
  return out;
}

KSpace in_frames(const KSpace& scan, std::int64_t spokes) {
  expect_spokes(scan);
  const Shape& shape = scan.samples.spec().shape;
  if (shape[4] != 1) throw Error{Errc::unsupported, "the scan has " + std::to_string(shape[4]) + " frames already"};
  const std::int64_t frames = spokes > 0 ? shape[1] / spokes : 0;
  if (frames < 1)
    throw Error{Errc::invalid_input, "the scan has " + std::to_string(shape[1]) + " spokes, no frame of " +
                                         std::to_string(spokes) + " can be made of them"};
  KSpace out = scan;
  out.samples = cut_samples(scan.samples, spokes, frames);
  out.trajectory.coordinates = cut_places(scan.trajectory.coordinates, {3, shape[0], spokes, frames});
  if (!scan.trajectory.density_compensation.empty())
    out.trajectory.density_compensation = cut_places(scan.trajectory.density_compensation, {shape[0], spokes, frames});
  out.frames = {};
  return out;
}

compute::NonUniformFourier radial_encoding(const KSpace& scan) {
  const Shape& shape = scan.samples.spec().shape;
  compute::NonUniformFourier out{.image = {1, 1, 1}, .samples = shape[0] * shape[1]};
  out.coils = shape[3], out.frames = shape[4], out.sign = scan.fourier_sign;
  out.accuracy = 1e-5;
  const Pixels& places = scan.trajectory.coordinates;
  std::array<std::int64_t, 3> size = scan.grid.size;
  if (!places.is_outline()) {
    out.coordinates = places.reshaped({3, out.samples, trajectories(scan)});
    std::array<float, 3> reached{};
    const auto values = places.values<float>();
    for (std::size_t i = 0; i < values.size(); ++i) reached[i % 3] = std::max(reached[i % 3], std::abs(values[i]));
    for (std::size_t axis = 0; axis < 3; ++axis)
      if (size[axis] < 1) size[axis] = std::max<std::int64_t>(1, std::llround(2 * reached[axis]));
    // A plane within a grid of more slices: the readouts do not tell them apart.
    if (reached[2] == 0) size[2] = 1;
  }
  out.image = {std::max<std::int64_t>(1, size[0]), std::max<std::int64_t>(1, size[1]),
               std::max<std::int64_t>(1, size[2])};
  return out;
}

Pixels density(const KSpace& scan) {
  expect_spokes(scan);
  const Shape& shape = scan.samples.spec().shape;
  const std::int64_t readout = shape[0], count = trajectories(scan), samples = readout * shape[1];
  const auto places = scan.trajectory.coordinates.values<float>();
  const Pixels& given = scan.trajectory.density_compensation;
  PixelBuffer out = PixelBuffer::allocate({Shape{samples, count}, ScalarType::f32});
  const auto weights = out.values<float>();
  const auto place = [&](std::int64_t i, std::size_t axis) {
    return static_cast<double>(places[static_cast<std::size_t>(3 * i) + axis]);
  };
  const auto radius = [&](std::int64_t i) { return std::hypot(place(i, 0), place(i, 1), place(i, 2)); };
  for (std::int64_t t = 0; t < count; ++t) {
    std::array<double, 3> reached{};
    double sum = 0;
    bool volume = false;
    for (std::int64_t i = t * samples; i < (t + 1) * samples; ++i) {
      volume = volume || place(i, 2) != 0;
      for (std::size_t axis = 0; axis < 3; ++axis) reached[axis] = std::max(reached[axis], std::abs(place(i, axis)));
    }
    for (std::int64_t i = t * samples; i < (t + 1) * samples; ++i) {
      const std::int64_t before = i % readout > 0 ? i - 1 : i, after = i % readout < readout - 1 ? i + 1 : i;
      const double step = std::hypot(place(after, 0) - place(before, 0), place(after, 1) - place(before, 1),
                                     place(after, 2) - place(before, 2)) /
                          std::max<double>(1, static_cast<double>(after - before));
      const double r = std::max(radius(i), (volume ? 0.5 : 0.25) * step);
      double weight = step * (volume ? r * r : r);
      if (!given.empty() && given.spec().shape.count() == samples * count)
        weight = static_cast<double>(given.values<float>()[static_cast<std::size_t>(i)]);
      weights[static_cast<std::size_t>(i)] = static_cast<float>(weight);
      sum += weight;
    }
    const double area = volume ? 4.0 / 3 * half_turn * reached[0] * reached[1] * reached[2]
                               : half_turn * reached[0] * std::max(reached[1], 0.5);
    if (!(sum > 0)) throw Error{Errc::invalid_input, "the trajectory of the scan never leaves the centre of k-space"};
    for (std::int64_t i = t * samples; i < (t + 1) * samples; ++i)
      weights[static_cast<std::size_t>(i)] *= static_cast<float>(area / sum);
  }
  return out;
}

KSpace gridded_mean(const KSpace& scan, const compute::Backend& backend, compute::Stream& stream) {
  const Pixels weights = density(scan);
  compute::NonUniformFourier frame = radial_encoding(scan);
  const std::int64_t coils = frame.coils, frames = frame.frames, count = trajectories(scan);
  // Every coil is an image of its own: a frame of the operator, all frames of the scan its samples.
  const std::int64_t samples = frame.samples;
  frame.samples = samples * frames, frame.coils = 1, frame.frames = coils;
  PixelBuffer places = PixelBuffer::allocate({Shape{3, frame.samples, 1}, ScalarType::f32});
  PixelBuffer data = PixelBuffer::allocate({Shape{frame.samples, 1, coils}, ScalarType::c64});
  const auto from = scan.samples.values<Complex>();
  for (std::int64_t t = 0; t < frames; ++t) {
    const std::int64_t own = count == 1 ? 0 : t;
    std::copy_n(scan.trajectory.coordinates.values<float>().begin() + 3 * own * samples, 3 * samples,
                places.values<float>().begin() + 3 * t * samples);
    for (std::int64_t c = 0; c < coils; ++c)
      for (std::int64_t i = 0; i < samples; ++i)
        data.values<Complex>()[static_cast<std::size_t>(c * frame.samples + t * samples + i)] =
            from[static_cast<std::size_t>((t * coils + c) * samples + i)] *
            (weights.values<float>()[static_cast<std::size_t>(own * samples + i)] / static_cast<float>(frames));
  }
  frame.coordinates = std::move(places);
  const auto a = backend.make(frame);
  compute::Array images = backend.allocate(a->domain(), stream);
  a->adjoint(backend.upload(Pixels{std::move(data)}, stream), images, stream);
  const auto fourier = backend.make(compute::Fourier{a->domain().shape, {0, 1, 2}});
  if (scan.fourier_sign < 0)
    fourier->forward(images, images, stream);
  else
    fourier->adjoint(images, images, stream);
  KSpace out;
  out.samples = backend.download(images, stream).reshaped({frame.image[0], frame.image[1], frame.image[2], coils, 1});
  out.grid = scan.grid;
  out.fourier_sign = scan.fourier_sign;
  return out;
}

}  // namespace iso::mri
