#include "iso/mri/series_problem.h"

#include "iso/mri/coils.h"
#include "iso/mri/radial.h"
#include "iso/mri/sampling_mask.h"
#include "iso/solvers/power_iteration.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <vector>

namespace iso::mri {
namespace {

using Complex = std::complex<float>;

/// The samples, 0 where the mask says that nothing was measured, whatever the file holds there. Shared where nothing changes.
Pixels measured_samples(const KSpace& scan) {
  const Pixels& mask = scan.trajectory.cartesian_mask;
  if (mask.empty()) return scan.samples;
  const Shape& shape = scan.samples.spec().shape;
  // What the mask tells apart: lines, or their samples.
  const auto nx = static_cast<std::size_t>(cuts_lines(scan) ? 1 : shape[0]),
             lines = static_cast<std::size_t>(shape[0] * shape[1] * shape[2]) / nx,
             coils = static_cast<std::size_t>(shape[3]);
  const auto measured = mask.values<std::uint8_t>();
  const auto from = scan.samples.values<Complex>();
  PixelBuffer copy;
  for (std::size_t row = 0; row < from.size() / nx; ++row) {
    if (measured[row / (lines * coils) * lines + row % lines] != 0) continue;
    const auto line = from.subspan(row * nx, nx);
    if (std::ranges::all_of(line, [](Complex z) { return z == Complex{}; })) continue;
    if (copy.empty()) copy = PixelBuffer::make_copy(scan.samples);
    std::ranges::fill(copy.values<Complex>().subspan(row * nx, nx), Complex{});
  }
  return copy.empty() ? scan.samples : Pixels{std::move(copy)};
}

/// The middle `width` elements of the first axis.
Pixels middle(const Pixels& pixels, std::int64_t width) {
  const Shape& shape = pixels.spec().shape;
  if (shape[0] <= width) return pixels;
  std::vector<std::int64_t> extents(shape.extents().begin(), shape.extents().end());
  extents[0] = width;
  PixelBuffer out = PixelBuffer::allocate({Shape{std::span<const std::int64_t>{extents}}, ScalarType::c64});
  const auto from = pixels.values<Complex>();
  const auto to = out.values<Complex>();
  const auto first = shape[0] / 2 - width / 2;
  for (std::int64_t row = 0; row < shape.count() / shape[0]; ++row)
    std::copy_n(from.begin() + row * shape[0] + first, width, to.begin() + row * width);
  return out;
}

/// What a mask that cuts lines leaves of an oversampled readout tells nothing of x alone: the whole of its field of view is
/// reconstructed then.
std::int64_t image_width(const KSpace& scan) {
  const std::int64_t readout = scan.samples.spec().shape[0];
  if (cuts_lines(scan)) return readout;
  return scan.grid.size[0] > 0 && scan.grid.size[0] < readout ? scan.grid.size[0] : readout;
}

/// Samples with the readout transformed to x, on the back end; as they are where the mask cuts lines.
compute::Array to_hybrid(const KSpace& scan, const compute::Backend& backend, compute::Stream& stream) {
  compute::Array samples = backend.upload(measured_samples(scan), stream);
  if (cuts_lines(scan)) return samples;
  const auto fourier = backend.make(compute::Fourier{scan.samples.spec().shape, {0}});
  compute::Array hybrid = backend.allocate(fourier->domain(), stream);
  if (scan.fourier_sign < 0)
    fourier->adjoint(samples, hybrid, stream);
  else
    fourier->forward(samples, hybrid, stream);
  if (image_width(scan) == scan.samples.spec().shape[0]) return hybrid;
  return backend.upload(middle(backend.download(hybrid, stream), image_width(scan)), stream);
}

/// Maps for `width` voxels of the readout: what lies beyond those given is 0, no signal.
Pixels widened(const Pixels& maps, std::int64_t width) {
  const Shape& shape = maps.spec().shape;
  if (shape[0] >= width) return maps;
  PixelBuffer out = PixelBuffer::allocate({Shape{width, shape[1], shape[2], shape[3]}, ScalarType::c64});
  const auto from = maps.values<Complex>();
  const auto to = out.values<Complex>();
  std::ranges::fill(to, Complex{});
  const auto first = width / 2 - shape[0] / 2;
  for (std::int64_t row = 0; row < shape.count() / shape[0]; ++row)
    std::copy_n(from.begin() + row * shape[0], shape[0], to.begin() + row * width + first);
  return out;
}

double percentile(const Pixels& image, double part) {
  std::vector<float> sizes;
  for (const Complex z : image.values<Complex>()) sizes.push_back(std::abs(z));
  const auto at = sizes.begin() + static_cast<std::ptrdiff_t>(part * static_cast<double>(sizes.size() - 1));
  std::nth_element(sizes.begin(), at, sizes.end());
  return static_cast<double>(*at);
}

bool takes_given(const SeriesParameters& parameters) {
  return parameters.coil_maps == MapSource::automatic || parameters.coil_maps == MapSource::given;
}

/// Maps as an operator wants them; empty for one coil without a map.
Pixels choose_maps(const KSpace& scan, const SeriesParameters& parameters, const compute::Backend& backend,
                   compute::Stream& stream, solvers::Progress& progress) {
  const bool given = !scan.coil_sensitivities.empty() && takes_given(parameters);
  if (given) {
    progress.log("coil maps of the scan, scaled so that their squares sum to 1");
    return normalised(widened(scan.coil_sensitivities, image_width(scan)));
  }
  if (scan.samples.spec().shape[3] == 1) return {};
  if (parameters.coil_maps == MapSource::eigenvector) {
    progress.log("coil maps by the eigenvector method from the centre of the mean over the frames");
    return middle(eigenvector_maps(scan, backend, stream, {.lines = parameters.calibration_lines}), image_width(scan));
  }
  progress.log("coil maps by adaptive combination from the centre of the mean over the frames");
  return middle(adaptive_maps(scan, backend, stream, {.lines = parameters.calibration_lines}), image_width(scan));
}

/// Whitened and compressed as the parameters say; otherwise the scan itself, which shares its memory.
KSpace with_wished_coils(const KSpace& scan, const SeriesParameters& parameters, solvers::Progress& progress) {
  KSpace out = scan;
  if (parameters.whiten && !scan.noise_covariance.empty()) {
    out = with_coils(out, whitening(out));
    progress.log("coils mixed so that their noise is equal and independent");
  }
  if (parameters.virtual_coils > 0 && parameters.virtual_coils < out.samples.spec().shape[3]) {
    const Compression found = compression(out, parameters.virtual_coils);
    out = with_coils(out, found.matrix);
    progress.figure("coil_energy_kept", found.energy_kept, "1");
  }
  return out;
}

std::int64_t count_empty_frames(const Pixels& mask) {
  if (mask.empty()) return 0;
  const Shape& shape = mask.spec().shape;
  const auto frames = shape[shape.rank() - 1];
  const auto lines = static_cast<std::size_t>(shape.count() / frames);
  std::int64_t empty = 0;
  for (std::int64_t t = 0; t < frames; ++t) {
    const auto frame = mask.values<std::uint8_t>().subspan(static_cast<std::size_t>(t) * lines, lines);
    empty += std::ranges::all_of(frame, [](std::uint8_t line) { return line == 0; }) ? 1 : 0;
  }
  return empty;
}

std::int64_t coils_after(const KSpace& scan, const SeriesParameters& parameters) {
  const std::int64_t coils = scan.samples.spec().shape[3];
  return parameters.virtual_coils > 0 ? std::min<std::int64_t>(coils, parameters.virtual_coils) : coils;
}

std::string unsuited_radial(const KSpace& scan, const SeriesParameters& parameters) {
  const Shape& shape = scan.samples.spec().shape;
  const std::int64_t places = scan.trajectory.coordinates.spec().shape.count(), of_a_frame = 3 * shape[0] * shape[1];
  if (shape[2] != 1 || (places != of_a_frame && places != of_a_frame * shape[4]))
    return "the coordinates are " + scan.trajectory.coordinates.spec().shape.text() + ", the samples are " +
           shape.text();
  if (parameters.spokes_per_frame > 0 && shape[4] > 1)
    return "spokes_per_frame is given, and the scan has " + std::to_string(shape[4]) + " frames already";
  if (parameters.spokes_per_frame > shape[1])
    return "a frame was asked for of " + std::to_string(parameters.spokes_per_frame) + " spokes, the scan has " +
           std::to_string(shape[1]);
  const Pixels& maps = scan.coil_sensitivities;
  if (parameters.coil_maps == MapSource::given && maps.empty()) return "coil_maps is given, and the scan holds no maps";
  const Shape image = radial_encoding(scan).image;
  if (!maps.empty() && takes_given(parameters) &&
      maps.spec() != ArraySpec{{image[0], image[1], image[2], shape[3]}, ScalarType::c64})
    return "the coil maps are " + maps.spec().shape.text() + ", the image is " + image.text();
  return {};
}

compute::CoilFourier outline_lines(const KSpace& scan, const SeriesParameters& parameters) {
  const Shape& shape = scan.samples.spec().shape;
  compute::CoilFourier encoding;
  encoding.image =
      scan.trajectory.cartesian() ? Shape{image_width(scan), shape[1], shape[2]} : radial_encoding(scan).image;
  encoding.coils = coils_after(scan, parameters);
  encoding.frames = shape[4];
  if (!scan.trajectory.cartesian() && parameters.spokes_per_frame > 0)
    encoding.frames = shape[1] / parameters.spokes_per_frame;
  encoding.sign = scan.fourier_sign;
  if (cuts_lines(scan))
    encoding.mask = Pixels::outline({{shape[0], shape[1], shape[2], encoding.frames}, ScalarType::u8});
  return encoding;
}

/// Samples times the roots of their weights, over the scale: sample, coil, frame.
Pixels weighted(const KSpace& scan, const compute::NonUniformFourier& encoding, double scale) {
  PixelBuffer out = PixelBuffer::allocate(encoding.range());
  const auto from = scan.samples.values<Complex>();
  const auto to = out.values<Complex>();
  const auto weights = encoding.weights.values<float>();
  const auto samples = static_cast<std::size_t>(encoding.samples), coils = static_cast<std::size_t>(encoding.coils);
  for (std::size_t i = 0; i < to.size(); ++i) {
    const std::size_t frame = encoding.trajectories() == 1 ? 0 : i / (samples * coils);
    to[i] = from[i] * (weights[frame * samples + i % samples] / static_cast<float>(scale));
  }
  return out;
}

/// Coordinates of one frame as those of every frame.
Pixels repeated(const Pixels& places, std::int64_t frames) {
  const Shape& shape = places.spec().shape;
  PixelBuffer out = PixelBuffer::allocate({Shape{shape[0], shape[1], frames}, ScalarType::f32});
  auto to = out.values<float>().begin();
  for (std::int64_t t = 0; t < frames; ++t) to = std::ranges::copy(places.values<float>(), to).out;
  return out;
}

/// The encoding of spokes with its norm close below 1.
compute::NonUniformFourier weighted_encoding(const KSpace& scan, const Pixels& maps, const compute::Backend& backend,
                                             compute::Stream& stream, double& squared_norm) {
  compute::NonUniformFourier encoding = radial_encoding(scan);
  encoding.sensitivities = maps;
  PixelBuffer roots = PixelBuffer::make_copy(density(scan));
  for (float& weight : roots.values<float>()) weight = std::sqrt(weight);
  encoding.weights = Pixels{std::move(roots)};
  const double norm = solvers::operator_norm(*backend.make(encoding), stream, 20);
  if (!(norm > 0))
    throw Error{Errc::invalid_input, "the coil maps are 0 everywhere",
                "check that samples and coil maps belong together"};
  squared_norm = 1.05 * norm * norm;
  PixelBuffer smaller = PixelBuffer::make_copy(encoding.weights);
  for (float& weight : smaller.values<float>()) weight /= static_cast<float>(std::sqrt(squared_norm));
  encoding.weights = std::move(smaller);
  return encoding;
}

}  // namespace

std::string unsuited(const KSpace& scan, const SeriesParameters& parameters) {
  const Shape& shape = scan.samples.spec().shape;
  if (scan.samples.empty() || shape.count() == 0) return "the scan holds no samples";
  if (!scan.trajectory.cartesian()) return unsuited_radial(scan, parameters);
  const Pixels& mask = scan.trajectory.cartesian_mask;
  const bool cut = cuts_lines(scan);
  if (!mask.empty() && mask.spec().shape.count() != (cut ? shape[0] : 1) * shape[1] * shape[2] * shape[4])
    return "the mask is " + mask.spec().shape.text() + ", the samples are " + shape.text();
  const Pixels& maps = scan.coil_sensitivities;
  if (parameters.coil_maps == MapSource::given && maps.empty()) return "coil_maps is given, and the scan holds no maps";
  const auto are = [&](std::int64_t width) {
    return maps.spec() == ArraySpec{{width, shape[1], shape[2], shape[3]}, ScalarType::c64};
  };
  if (!maps.empty() && takes_given(parameters) && !are(image_width(scan)) && !(cut && are(scan.grid.size[0])))
    return "the coil maps are " + maps.spec().shape.text() + ", the samples are " + shape.text();
  return {};
}

compute::OperatorSpec outline_encoding(const KSpace& scan, const SeriesParameters& parameters) {
  const compute::CoilFourier lines = outline_lines(scan, parameters);
  if (scan.trajectory.cartesian()) return lines;
  compute::NonUniformFourier encoding = radial_encoding(scan);
  if (encoding.frames != lines.frames) encoding.samples = encoding.samples / (lines.frames > 0 ? lines.frames : 1);
  encoding.coils = lines.coils, encoding.frames = lines.frames;
  encoding.coordinates = {};
  return encoding;
}

SeriesProblem::SeriesProblem(const KSpace& measured, const SeriesParameters& parameters, const compute::Backend& on,
                             compute::Stream& in, solvers::Progress& progress)
    : backend{on},
      stream{in},
      encoding{outline_lines(measured, parameters)},
      grid{measured.grid},
      frames{measured.frames} {
  if (const std::string why = unsuited(measured, parameters); !why.empty()) throw Error{Errc::unsupported, why};
  const bool cartesian = measured.trajectory.cartesian();
  KSpace scan = with_wished_coils(measured, parameters, progress);
  if (!cartesian && parameters.spokes_per_frame > 0) {
    scan = in_frames(scan, parameters.spokes_per_frame);
    frames = {};
  }
  lines = encoding.image;
  if (!scan.trajectory.cartesian_mask.empty()) {
    const Shape& image = encoding.image;
    encoding.mask =
        scan.trajectory.cartesian_mask.reshaped(cuts_lines(scan) ? Shape{image[0], image[1], image[2], encoding.frames}
                                                                 : Shape{image[1], image[2], encoding.frames});
    acceleration = mri::acceleration(encoding.mask);
    frames_without_lines = count_empty_frames(encoding.mask);
  }
  KSpace averaged = cartesian ? time_average(scan) : gridded_mean(scan, on, in);
  averaged.coil_sensitivities = scan.coil_sensitivities;
  encoding.sensitivities = choose_maps(cartesian ? scan : averaged, parameters, on, in, progress);
  compute::CoilFourier still = encoding;
  still.frames = 1;
  still.mask = averaged.trajectory.cartesian_mask;
  const auto of_mean = on.make(still);
  compute::Array mean = on.allocate(of_mean->domain(), in);
  of_mean->adjoint(to_hybrid(averaged, on, in), mean, in);
  scale = percentile(on.download(mean, in), 0.999);
  if (!(scale > 0) || !std::isfinite(scale))
    throw Error{Errc::invalid_input, "the image of the mean over the frames is 0 or not finite",
                "check that samples and coil maps belong together"};
  if (!cartesian) {
    set_radial(scan);
    return;
  }
  a = on.make(encoding);
  data = to_hybrid(scan, on, in);
  on.vector().scale(1 / scale, data, in);
}

void SeriesProblem::set_radial(const KSpace& scan) {
  const Shape& shape = scan.samples.spec().shape;
  lines = {shape[0], shape[1], 1};
  // Spokes that meet the theorem of sampling at the edge of k-space, over those there are.
  acceleration = 0.5 * std::numbers::pi * static_cast<double>(std::max(encoding.image[0], encoding.image[1])) /
                 static_cast<double>(shape[1]);
  if (encoding.image[2] > 1) acceleration *= static_cast<double>(encoding.image[2]);
  radial = weighted_encoding(scan, encoding.sensitivities, backend, stream, gridding_scale);
  a = backend.make(*radial);
  data = backend.upload(weighted(scan, *radial, scale), stream);
}

compute::OperatorPtr SeriesProblem::with_mask(const Pixels& mask) const {
  if (radial) {
    compute::NonUniformFourier other = *radial;
    const std::int64_t trajectories = radial->trajectories();
    if (trajectories == 1 && radial->frames > 1) other.coordinates = repeated(radial->coordinates, radial->frames);
    PixelBuffer weights = PixelBuffer::allocate({Shape{radial->samples, radial->frames}, ScalarType::f32});
    const auto from = radial->weights.values<float>();
    const auto kept = mask.values<std::uint8_t>();
    const auto to = weights.values<float>();
    for (std::size_t i = 0; i < to.size(); ++i)
      to[i] = kept[i / static_cast<std::size_t>(lines[0])] != 0 ? from[i % from.size()] : 0.0F;
    other.weights = std::move(weights);
    return backend.make(other);
  }
  compute::CoilFourier other = encoding;
  other.mask = mask;
  return backend.make(other);
}

compute::OperatorPtr SeriesProblem::readout() const {
  if (encoding.cuts_lines()) return compute::identity(encoding.range(), backend);
  auto fourier = backend.make(compute::Fourier{encoding.range().shape, {0}, true, encoding.type});
  return encoding.sign < 0 ? fourier : compute::adjoint(std::move(fourier));
}

Volume SeriesProblem::finish(const compute::Array& x) const {
  PixelBuffer values = PixelBuffer::make_copy(backend.download(x, stream));
  for (Complex& value : values.values<Complex>()) value *= static_cast<float>(scale);
  Volume out;
  out.pixels =
      Pixels{std::move(values)}.reshaped({encoding.image[0], encoding.image[1], encoding.image[2], encoding.frames});
  if (grid.size[0] > 0) out.pixels = middle(out.pixels, grid.size[0]);  // of an oversampled readout
  out.grid = grid;
  out.quantity = Quantity::signal;
  out.frames = frames;
  return out;
}

Volume time_mean(const Volume& series) {
  const Shape& shape = series.pixels.spec().shape;
  const auto voxels = static_cast<std::size_t>(shape[0] * shape[1] * shape[2]);
  PixelBuffer mean = PixelBuffer::allocate({Shape{shape[0], shape[1], shape[2]}, ScalarType::c64});
  const auto from = series.pixels.values<Complex>();
  const auto to = mean.values<Complex>();
  for (std::size_t i = 0; i < from.size(); ++i) to[i % voxels] += from[i] / static_cast<float>(shape[3]);
  Volume out;
  out.pixels = std::move(mean);
  out.grid = series.grid;
  out.quantity = series.quantity;
  out.meta = series.meta;
  return out;
}

}  // namespace iso::mri
