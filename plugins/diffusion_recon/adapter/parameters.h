#pragma once

#include "method/gdp.h"

#include <iso/params/field.h>
#include <iso/tomography/total_variation.h>

#include <string>

namespace diffusion_recon {

enum class PriorKind : std::uint8_t { network, total_variation };
inline constexpr auto choice_names(PriorKind) { return std::array<std::string_view, 2>{"network", "total_variation"}; }

/// What every algorithm asks.
struct CommonOptions : iso::tomography::ScanParameters {
  CommonOptions() { units = iso::tomography::ImageUnits::hounsfield; }
  PriorKind prior = PriorKind::network;
  std::string network = "diffusion_prior";
  int runs = 1;
  double noise = 0;
  double correlation_mm = 8;
  double slab_mm = 0;
  double slab_centre_mm = 0;
  double tv_strength = 2;
  int tv_iterations = 300;
  friend bool operator==(const CommonOptions&, const CommonOptions&) = default;

 protected:
  // NOLINTNEXTLINE(readability-function-size): a table
  template <class P>
  static constexpr auto common_fields() {
    using iso::params::field;
    return std::tuple{
        field<P, PriorKind>("prior", &P::prior)
            .with_label("Prior")
            .with_help("What images look like: the network, or total variation, which needs none and invents less."),
        field<P, std::string>("network", &P::network)
            .with_label("Network")
            .visible_when("prior", "network")
            .with_help("Name of its card, that of a denoiser; `isocenter models` lists those that are installed."),
        field<P, int>("runs", &P::runs)
            .with_label("Runs")
            .with_unit("runs")
            .in_range(1, 64)
            .with_help("Independent samples. The image is their mean; two or more give the spread."),
        field<P, double>("noise", &P::noise)
            .with_label("Noise of the readings")
            .with_unit("1")
            .in_range(0, 100)
            .as_advanced()
            .with_help("Standard deviation of a line integral. 0: estimated from the readings."),
        field<P, double>("correlation_mm", &P::correlation_mm)
            .with_label("Correlation of noise along z")
            .with_unit("mm")
            .in_range(0, 1000)
            .as_advanced()
            .with_help(
                "Over this length neighbouring slices get alike noise, which keeps them in line. 0: independent."),
        field<P, double>("slab_mm", &P::slab_mm)
            .with_label("Slab")
            .with_unit("mm")
            .in_range(0, 1e5)
            .with_help("Reads and reconstructs only the slices of a stack of parallel rows within this length along z. "
                       "0: all. Other scans cannot be taken apart."),
        field<P, double>("slab_centre_mm", &P::slab_centre_mm)
            .with_label("Middle of the slab")
            .with_unit("mm")
            .in_range(-1e5, 1e5)
            .with_help("z of the scan; 0 is the isocentre."),
        field<P, double>("tv_strength", &P::tv_strength)
            .with_label("Strength of total variation")
            .with_unit("1")
            .in_range(0.01, 100)
            .as_logarithmic()
            .as_advanced()
            .with_help("Of the classical reconstruction beside the result; multiplies its automatic weight."),
        field<P, int>("tv_iterations", &P::tv_iterations)
            .with_label("Iterations of total variation")
            .with_unit("iterations")
            .in_range(1, 100000)
            .as_advanced()
            .with_help("Of the classical reconstruction, at most.")};
  }
  template <class P>
  static constexpr auto grid_fields() {
    using iso::params::field;
    return std::tuple_cat(iso::tomography::scan_fields<P>());
  }
};

/// Noise levels that fall.
struct NoiseOptions : CommonOptions {
  int levels = 20;
  double most_noise = 10;
  double least_noise = 0.015;
  friend bool operator==(const NoiseOptions&, const NoiseOptions&) = default;

 protected:
  template <class P>
  static constexpr auto noise_fields() {
    using iso::params::field;
    return std::tuple{field<P, int>("levels", &P::levels)
                          .with_label("Noise levels")
                          .with_unit("levels")
                          .in_range(2, 5000)
                          .with_help("Steps from noise to image; time grows with them."),
                      field<P, double>("most_noise", &P::most_noise)
                          .with_label("Largest noise")
                          .with_unit("water")
                          .in_range(0.01, 1000)
                          .as_advanced()
                          .with_help("Level that a run begins at; 1 is the attenuation of water (1000 HU)."),
                      field<P, double>("least_noise", &P::least_noise)
                          .with_label("Smallest noise")
                          .with_unit("water")
                          .in_range(1e-4, 1)
                          .as_advanced()
                          .with_help("Last level.")};
  }
};

/// And the coupling along z, of what fits the readings with ADMM.
struct LevelOptions : NoiseOptions {
  double z_weight = 1;
  friend bool operator==(const LevelOptions&, const LevelOptions&) = default;

 protected:
  template <class P>
  static constexpr auto level_fields() {
    using iso::params::field;
    return std::tuple_cat(
        noise_fields<P>(),
        std::tuple{field<P, double>("z_weight", &P::z_weight)
                       .with_label("Coupling along z")
                       .with_unit("1")
                       .in_range(0, 1000)
                       .as_advanced()
                       .with_help("Total variation from slice to slice, times that of the paper for slices 1 mm apart; "
                                  "less for wider ones, as 1 mm over their distance. 0: none.")});
  }
};

/// What dds and its relatives ask. The defaults are what was best on the validation volume (README, Figures).
struct SamplingOptions : LevelOptions {
  SamplingOptions() {
    levels = 12;
    z_weight = 0;
    runs = 4;
  }
  double start_noise = 0.3;
  double eta = 0.3;
  double tau_hu = 300;
  int inner_iterations = 5;
  friend bool operator==(const SamplingOptions&, const SamplingOptions&) = default;

 protected:
  template <class P>
  static constexpr auto start_fields(std::string_view help =
                                         "Begins from total variation with so much noise and leaves out the levels "
                                         "above. 0: begins from noise alone.") {
    using iso::params::field;
    return std::tuple{field<P, double>("start_noise", &P::start_noise)
                          .with_label("Warm start")
                          .with_unit("water")
                          .in_range(0, 1000)
                          .with_help(help)};
  }
  template <class P>
  static constexpr auto sampling_fields() {
    using iso::params::field;
    return std::tuple{field<P, double>("eta", &P::eta)
                          .with_label("New noise")
                          .with_unit("1")
                          .in_range(0, 1)
                          .as_advanced()
                          .with_help("Part of the noise of a level that is drawn anew."),
                      field<P, double>("tau_hu", &P::tau_hu)
                          .with_label("Deviation from the prior")
                          .with_unit("HU")
                          .in_range(0, 1e5)
                          .as_advanced()
                          .with_help("How far images are from what the prior estimates: weighs noisy readings. 0: the "
                                     "readings are taken as exact."),
                      field<P, int>("inner_iterations", &P::inner_iterations)
                          .with_label("Inner iterations")
                          .with_unit("iterations")
                          .in_range(1, 100)
                          .as_advanced()
                          .with_help("Conjugate gradients a level. Many of them undo the prior.")};
  }
};

struct DdsParameters : SamplingOptions {
  friend bool operator==(const DdsParameters&, const DdsParameters&) = default;
  static constexpr auto fields() {
    return std::tuple_cat(level_fields<DdsParameters>(), start_fields<DdsParameters>(),
                          sampling_fields<DdsParameters>(), common_fields<DdsParameters>(),
                          grid_fields<DdsParameters>());
  }
};

struct PfgmParameters : SamplingOptions {
  int degrees = 128;
  friend bool operator==(const PfgmParameters&, const PfgmParameters&) = default;
  static constexpr auto fields() {
    return std::tuple_cat(std::tuple{iso::params::field("degrees", &PfgmParameters::degrees)
                                         .with_label("Degrees of freedom")
                                         .with_unit("1")
                                         .in_range(3, 100000)
                                         .with_help("D of the noise: few make heavy tails, many are normal noise.")},
                          level_fields<PfgmParameters>(), start_fields<PfgmParameters>(),
                          sampling_fields<PfgmParameters>(), common_fields<PfgmParameters>(),
                          grid_fields<PfgmParameters>());
  }
};

struct GdpParameters : SamplingOptions {
  Unknown unknown = Unknown::view_offset;
  double calibrate_below = 1.5;
  friend bool operator==(const GdpParameters&, const GdpParameters&) = default;
  static constexpr auto fields() {
    using iso::params::field;
    return std::tuple_cat(std::tuple{field("unknown", &GdpParameters::unknown)
                                         .with_label("Unknown of the readings")
                                         .with_help("Of each view its offset (drift of the tube), or its gain."),
                                     field("calibrate_below", &GdpParameters::calibrate_below)
                                         .with_label("Calibrated below")
                                         .with_unit("water")
                                         .in_range(0.001, 1000)
                                         .as_advanced()
                                         .with_help("Noise level below which the estimate is taken to calibrate by.")},
                          level_fields<GdpParameters>(), start_fields<GdpParameters>(),
                          sampling_fields<GdpParameters>(), common_fields<GdpParameters>(),
                          grid_fields<GdpParameters>());
  }
};

struct DpmOtParameters : SamplingOptions {
  DpmOtParameters() {
    levels = 20;
    start_noise = 0.9;
  }
  friend bool operator==(const DpmOtParameters&, const DpmOtParameters&) = default;
  static constexpr auto fields() {
    return std::tuple_cat(
        level_fields<DpmOtParameters>(),
        start_fields<DpmOtParameters>("Noise that an image of the atlas gets; the levels above are left out. Little of "
                                      "it leaves the image as it is."),
        sampling_fields<DpmOtParameters>(), common_fields<DpmOtParameters>(), grid_fields<DpmOtParameters>());
  }
};

struct RedDiffParameters : NoiseOptions {
  RedDiffParameters() {
    most_noise = 3;
    runs = 1;
  }
  double weight = 1;
  bool from_tv = true;
  friend bool operator==(const RedDiffParameters&, const RedDiffParameters&) = default;
  static constexpr auto fields() {
    using iso::params::field;
    return std::tuple_cat(std::tuple{field("weight", &RedDiffParameters::weight)
                                         .with_label("Weight of the prior")
                                         .with_unit("1")
                                         .in_range(0.001, 1000)
                                         .as_logarithmic()
                                         .with_help("More trusts the prior more and the readings less."),
                                     field("from_tv", &RedDiffParameters::from_tv)
                                         .with_label("Begin from total variation")
                                         .as_advanced()
                                         .with_help("Otherwise from a few iterations of least squares.")},
                          noise_fields<RedDiffParameters>(), common_fields<RedDiffParameters>(),
                          grid_fields<RedDiffParameters>());
  }
};

struct MbirParameters : LevelOptions {
  MbirParameters() { levels = 200; }
  double ratio = 0.16;
  friend bool operator==(const MbirParameters&, const MbirParameters&) = default;
  static constexpr auto fields() {
    using iso::params::field;
    return std::tuple_cat(level_fields<MbirParameters>(),
                          std::tuple{field("ratio", &MbirParameters::ratio)
                                         .with_label("Signal to noise of the corrector")
                                         .with_unit("1")
                                         .in_range(0.001, 10)
                                         .as_advanced()
                                         .with_help("Size of the Langevin step.")},
                          common_fields<MbirParameters>(), grid_fields<MbirParameters>());
  }
};

struct SplitGibbsParameters : CommonOptions {
  SplitGibbsParameters() { runs = 8; }
  int sweeps = 60;
  friend bool operator==(const SplitGibbsParameters&, const SplitGibbsParameters&) = default;
  static constexpr auto fields() {
    using iso::params::field;
    return std::tuple_cat(
        std::tuple{
            field("sweeps", &SplitGibbsParameters::sweeps)
                .with_label("Sweeps")
                .with_unit("sweeps")
                .in_range(1, 10000)
                .with_help("Of each chain; 35 bring the coupling down to 90 HU, those that follow sample there.")},
        common_fields<SplitGibbsParameters>(), grid_fields<SplitGibbsParameters>());
  }
};

/// Removing noise from an image. No scan.
struct ScoreDviParameters {
  PriorKind prior = PriorKind::network;
  std::string network = "diffusion_prior";
  double noise_hu = 0;
  double smooth = 8;
  int rounds = 100;
  int levels = 8;
  double water_per_mm = 0.0192;
  friend bool operator==(const ScoreDviParameters&, const ScoreDviParameters&) = default;
  static constexpr auto fields() {
    using iso::params::field;
    using P = ScoreDviParameters;
    return std::tuple{
        field("prior", &P::prior)
            .with_label("Prior")
            .with_help("What images look like: the network, or total variation, whose maps say little."),
        field("network", &P::network)
            .with_label("Network")
            .visible_when("prior", "network")
            .with_help("Name of its card, that of a denoiser; `isocenter models` lists those that are installed."),
        field("noise_hu", &P::noise_hu)
            .with_label("Noise to begin from")
            .with_unit("HU")
            .in_range(0, 1e5)
            .with_help("Within a factor of four of the noise of the image. 0: estimated from the image."),
        field("smooth", &P::smooth)
            .with_label("Smoothness of the map of noise")
            .with_unit("pixels")
            .in_range(0, 1000)
            .with_help("Noise is taken to change over longer ways than this."),
        field("rounds", &P::rounds)
            .with_label("Rounds")
            .with_unit("rounds")
            .in_range(1, 10000)
            .as_advanced()
            .with_help("Of noise and image in turn; they cost no evaluation of the prior."),
        field("levels", &P::levels)
            .with_label("Levels")
            .with_unit("levels")
            .in_range(2, 64)
            .as_advanced()
            .with_help("That the prior is asked at, twice each, from 1/4 to 4 times the noise to begin from."),
        field("water_per_mm", &P::water_per_mm)
            .with_label("Water")
            .with_unit("1/mm")
            .in_range(1e-6, 10)
            .as_advanced()
            .with_help("Attenuation of water, for images of attenuation.")};
  }
};

}  // namespace diffusion_recon
