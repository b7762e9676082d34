#pragma once

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

/// Noise levels and the coupling along z, of dds and mbir.
struct LevelOptions : CommonOptions {
  int levels = 20;
  double most_noise = 10;
  double least_noise = 0.015;
  double z_weight = 1;
  friend bool operator==(const LevelOptions&, const LevelOptions&) = default;

 protected:
  template <class P>
  static constexpr auto level_fields() {
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
                          .with_help("Last level."),
                      field<P, double>("z_weight", &P::z_weight)
                          .with_label("Coupling along z")
                          .with_unit("1")
                          .in_range(0, 1000)
                          .as_advanced()
                          .with_help("Total variation from slice to slice, times that of the paper. 0: none.")};
  }
};

/// The defaults are what was best on the validation volume (README, Figures).
struct DdsParameters : LevelOptions {
  DdsParameters() {
    levels = 12;
    z_weight = 0;
    runs = 4;
  }
  double start_noise = 0.3;
  double eta = 0.3;
  double tau_hu = 300;
  int inner_iterations = 5;
  friend bool operator==(const DdsParameters&, const DdsParameters&) = default;
  static constexpr auto fields() {
    using iso::params::field;
    return std::tuple_cat(
        level_fields<DdsParameters>(),
        std::tuple{field("start_noise", &DdsParameters::start_noise)
                       .with_label("Warm start")
                       .with_unit("water")
                       .in_range(0, 1000)
                       .with_help("Begins from total variation with so much noise and leaves out the levels above. "
                                  "0: begins from noise alone."),
                   field("eta", &DdsParameters::eta)
                       .with_label("New noise")
                       .with_unit("1")
                       .in_range(0, 1)
                       .as_advanced()
                       .with_help("Part of the noise of a level that is drawn anew."),
                   field("tau_hu", &DdsParameters::tau_hu)
                       .with_label("Deviation from the prior")
                       .with_unit("HU")
                       .in_range(0, 1e5)
                       .as_advanced()
                       .with_help("How far images are from what the prior estimates: weighs noisy readings. 0: the "
                                  "readings are taken as exact."),
                   field("inner_iterations", &DdsParameters::inner_iterations)
                       .with_label("Inner iterations")
                       .with_unit("iterations")
                       .in_range(1, 100)
                       .as_advanced()
                       .with_help("Conjugate gradients a level. Many of them undo the prior.")},
        common_fields<DdsParameters>(), grid_fields<DdsParameters>());
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

}  // namespace diffusion_recon
