#include "k_space_source.h"

#include "iso/base/error.h"
#include "iso/compute/operators/coil_fourier.h"
#include "iso/io/sampling_mask.h"
#include "iso/mri/moving_slice.h"
#include "iso/mri/radial.h"
#include "iso/mri/simulation.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numbers>

namespace iso::cli {
namespace {

constexpr auto heart = "heart";
constexpr auto radial = "radial";

std::string known_masks() {
  std::string known;
  for (const auto each : choice_names(mri::MaskKind{})) known += std::string{each} + ", ";
  return known + radial;
}

mri::MaskKind parse_kind(const std::string& name) {
  const auto names = choice_names(mri::MaskKind{});
  const auto at = std::ranges::find(names, name);
  if (at != names.end()) return static_cast<mri::MaskKind>(at - names.begin());
  throw Error(Errc::usage, "'" + name + "' is no kind of mask", "take one of " + known_masks() + ", or name a file");
}

mri::SpokeAngle parse_angle(const std::string& name) {
  const auto names = choice_names(mri::SpokeAngle{});
  const auto at = std::ranges::find(names, name);
  if (at == names.end())
    throw Error(Errc::usage, "'" + name + "' is no angle of spokes", "take golden, tiny-golden or uniform");
  return static_cast<mri::SpokeAngle>(at - names.begin());
}

}  // namespace

void KSpaceSource::add_to(Options& options) {
  options.add("--mask", "KIND|FILE",
              "Measure lines of k-space: random, gaussian, uniform or spokes (of a plane of phases); or radial: spokes "
              "through the centre; or what is not 0 in the array of a file.",
              mask);
  options.add("--mask-axes", "NAMES", "Axes of the mask in a file, fastest first: phase,frame or frame,phase,readout.",
              mask_axes);
  options.add("--mask-dataset", "NAME", "Which of several arrays of that file.", mask_dataset);
  options.add("--acceleration", "R", "With --mask: one line of so many is measured, 4 by default.", acceleration);
  options.add("--centre-lines", "N", "With --mask: lines of the centre that are always measured.", centre_lines, 0);
  options.add("--spokes", "N", "With --mask radial: spokes of a frame, 21 by default.", spokes, 1);
  options.add("--angle", "NAME", "With --mask radial: how spokes turn: golden, tiny-golden or uniform.", angle);
  options.add("--coils", "N", "With --mask: coils around the object; their maps go with the scan.", coils, 1);
  options.add("--noise", "SIGMA", "With --mask: noise of real and imaginary part, as a part of the largest value.",
              noise);
  options.add("--slice", "N", "With --mask and a volume: measure this slice alone, counted from 0.", slice);
  options.add(
      "--motion", "DEG,MM",
      "With --slice: the slice turns by up to so many degrees to either side and moves by up to so many mm along y, "
      "once over all frames.",
      motion);
  options.add("--phase", "RAD", "With --slice: magnitudes get a smooth phase of up to so many radians.", phase);
  options.add("--size", "N", "With --mask and the object heart: voxels across.", size, 8);
  options.add("--frames", "N", "With --mask and the object heart, or --motion: frames.", frames, 1);
  options.add("--truth", "FILE", "With --mask: write the series that was measured, to compare with.", truth);
}

bool KSpaceSource::mask_is_file() const {
  const auto names = choice_names(mri::MaskKind{});
  std::error_code problem;
  return !mask.empty() && mask != radial && std::ranges::find(names, mask) == names.end() &&
         std::filesystem::exists(mask, problem);
}

void KSpaceSource::refuse_mixed(const std::string& object) const {
  const bool any = acceleration || noise || phase || slice || coils != 1 || !motion.empty() || !truth.empty();
  if (mask.empty() && any)
    throw Error(Errc::usage, "--acceleration, --noise, --coils, --slice, --motion, --phase and --truth are of k-space",
                "add --mask KIND");
  if (mask != radial && spokes > 0) throw Error(Errc::usage, "--spokes is of radial scans", "add --mask radial");
  if (mask == radial && acceleration)
    throw Error(Errc::usage, "--acceleration is of lines, a radial scan has --spokes", "leave --acceleration out");
  const bool file = mask_is_file();
  if (file && acceleration)
    throw Error(Errc::usage, "--acceleration is given, and the mask of '" + mask + "' has one of its own",
                "leave --acceleration out");
  if (!file && !(mask_axes.empty() && mask_dataset.empty()))
    throw Error(Errc::usage, "--mask-axes and --mask-dataset are of a mask in a file",
                mask.empty() ? "add --mask FILE" : "leave them out");
  if (slice && object == heart) throw Error(Errc::usage, "--slice is of a volume in a file, 'heart' is a phantom");
  if (!slice && (!motion.empty() || phase))
    throw Error(Errc::usage, "--motion and --phase are of a slice", "add --slice N");
  if (motion.size() == 1 || motion.size() > 2) throw Error(Errc::usage, "--motion needs degrees and mm, such as 3,2");
  if (slice && (*slice < 0 || *slice != std::floor(*slice)))
    throw Error(Errc::usage, "--slice is not a whole number of 0 or more");
}

Volume KSpaceSource::series(const std::string& object, const std::function<DatasetPtr()>& read_object) const {
  if (object == heart) return mri::heart_phantom(size, frames);
  const DatasetPtr data = read_object();
  const auto& volume = get<Volume>(data);
  if (!slice) return volume;
  mri::MotionOptions options;
  options.frames = motion.empty() ? 1 : frames;
  if (!motion.empty()) options.turn_rad = motion[0] * std::numbers::pi / 180, options.shift_mm = motion[1];
  options.phase_rad = phase.value_or(0);
  return mri::moving_slice(volume, static_cast<std::int64_t>(*slice), options);
}

KSpace KSpaceSource::measure_spokes(const Volume& series, std::uint64_t seed, const ChooseBackend& choose,
                                    const std::stop_token& stop) const {
  const mri::RadialOptions options{spokes > 0 ? spokes : 21, parse_angle(angle), coils, noise.value_or(0), seed};
  const Shape& shape = series.pixels.spec().shape;
  compute::NonUniformFourier encoding{.image = {shape[0], shape[1], 1},
                                      .samples = 2 * std::max(shape[0], shape[1]) * options.spokes};
  encoding.coils = options.coils, encoding.frames = shape.rank() > 3 ? shape[3] : 1;
  const compute::Backend& backend = choose(encoding);
  const auto stream = backend.make_stream(stop);
  return mri::simulate_radial(series, options, backend, *stream);
}

KSpace KSpaceSource::measure(const Volume& series, std::uint64_t seed, const ChooseBackend& choose,
                             const std::stop_token& stop) const {
  if (mask == radial) return measure_spokes(series, seed, choose, stop);
  const Shape& shape = series.pixels.spec().shape;
  mri::SimulationOptions options;
  if (mask_is_file())
    options.given_mask =
        io::read_sampling_mask(mask, mask_axes, mask_dataset, Shape{shape[0], shape[1], shape[2], shape[3]});
  else
    options.mask = {parse_kind(mask), acceleration.value_or(4), centre_lines, seed};
  options.coils = coils;
  options.noise = noise.value_or(0);
  options.seed = seed;
  compute::CoilFourier encoding;
  encoding.image = {shape[0], shape[1], shape[2]};
  encoding.coils = options.coils;
  encoding.frames = shape[3];
  const compute::Backend& backend = choose(encoding);
  const auto stream = backend.make_stream(stop);
  return mri::simulate(series, options, backend, *stream);
}

}  // namespace iso::cli
