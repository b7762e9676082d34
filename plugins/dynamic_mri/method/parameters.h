#pragma once

#include "method/engine.h"

#include <array>
#include <cstdint>
#include <string_view>
#include <tuple>

/// The parameters of every method, with their defaults.
namespace dynamic_mri {

enum class WeightRule : std::uint8_t { automatic, fixed };
inline constexpr auto choice_names(WeightRule) { return std::array<std::string_view, 2>{"automatic", "fixed"}; }

/// What every method that minimises a model asks.
struct ModelParameters : iso::mri::SeriesParameters {
  WeightRule weights = WeightRule::automatic;
  double strength = 1;
  int iterations = 200;
  double tolerance = 1e-4;
  double dual_step = 1.0 / 32;
  friend bool operator==(const ModelParameters&, const ModelParameters&) = default;
};

template <class P>
constexpr auto model_fields() {
  using iso::params::field;
  return std::tuple_cat(
      std::tuple{
          field<P, WeightRule>("weights", &P::weights)
              .with_label("Weights")
              .with_help("automatic: the weights are multiplied by the power of 2 with which lines that were left "
                         "out are foretold best; fixed: as they are."),
          field<P, double>("strength", &P::strength)
              .with_label("Strength")
              .with_unit("1")
              .in_range(1e-3, 1e3)
              .as_logarithmic()
              .with_help("Multiplies all weights, the automatic ones too. Larger is smoother."),
          field<P, int>("iterations", &P::iterations)
              .with_label("Iterations")
              .with_unit("iterations")
              .in_range(1, 100000)
              .with_help("At most this many, of all layers together."),
          field<P, double>("tolerance", &P::tolerance)
              .with_label("Tolerance")
              .with_unit("1")
              .in_range(0, 1)
              .as_logarithmic()
              .as_advanced()
              .with_help("Ends a layer once five iterations in a row changed the series by less than this part of "
                         "it, after twenty at the least. 0: never."),
          field<P, double>("dual_step", &P::dual_step)
              .with_label("Dual step")
              .with_unit("1")
              .in_range(1e-4, 10)
              .as_logarithmic()
              .as_advanced()
              .with_help("Only the speed depends on it.")},
      iso::mri::series_fields<P>());
}

enum class Preset : std::uint8_t { breath_hold, free_breathing, perfusion, irregular_motion, radial, custom };
inline constexpr auto choice_names(Preset) {
  return std::array<std::string_view, 6>{"breath_hold",      "free_breathing", "perfusion",
                                         "irregular_motion", "radial",         "custom"};
}

template <class P>
constexpr auto weight_field(std::string_view name, double P::*member, std::string_view label, std::string_view help) {
  return iso::params::field<P, double>(name, member).with_label(label).with_unit("1").in_range(0, 100).with_help(help);
}

template <class P>
constexpr auto cyclic_field(bool P::*member) {
  return iso::params::field<P, bool>("cyclic", member)
      .with_label("Cyclic")
      .with_help("The first frame follows the last: gated hearts.");
}

template <class P>
constexpr auto patch_field(int P::*member) {
  return iso::params::field<P, int>("patch", member)
      .with_label("Patch")
      .with_unit("voxels")
      .in_range(2, 64)
      .with_help("Edge of a patch.");
}

struct RdledmOptions : ModelParameters {
  Preset preset = Preset::breath_hold;
  double spatial = 0.001;
  double temporal = 0.01;
  double low_rank = 0.1;
  double second_rank = 0;
  SecondRank second = SecondRank::patches;
  int patch = 8;
  double error = 0;
  double huber = 0;
  double reweighting = 0;
  int layers = 3;
  double layer_factor = 2;
  bool cyclic = false;
  friend bool operator==(const RdledmOptions&, const RdledmOptions&) = default;
  // NOLINTNEXTLINE(readability-function-size): a table
  static constexpr auto fields() {
    using iso::params::field;
    using P = RdledmOptions;
    return std::tuple_cat(
        std::tuple{
            field("preset", &P::preset)
                .with_label("Preset")
                .with_help("Weights for hearts in a breath-hold, for free breathing and long series (less along time, "
                           "more low rank), for perfusion and contrast agents (with low rank of patches), for "
                           "irregular motion "
                           "(patches above all), or for spokes in real time; custom: the weights below."),
            weight_field("spatial", &P::spatial, "Spatial variation", "Weight of differences within an image.")
                .visible_when("preset", "custom"),
            weight_field("temporal", &P::temporal, "Temporal variation",
                         "Weight of differences along time: the main lever; too much freezes motion.")
                .visible_when("preset", "custom"),
            weight_field("low_rank", &P::low_rank, "Low rank",
                         "Weight of the singular values of voxels times frames, for 121,000 values; it grows with the "
                         "root of their number.")
                .visible_when("preset", "custom"),
            weight_field("second_rank", &P::second_rank, "Second low rank",
                         "Weight of the second unfolding. 0: that of the preset, which is none but for perfusion and "
                         "irregular motion."),
            field("second", &P::second)
                .with_label("Second unfolding")
                .as_advanced()
                .with_help("What the second low rank is of."),
            patch_field(&P::patch).as_advanced().visible_when("second", "patches"),
            weight_field("error", &P::error, "Error map",
                         "Weight of the error E in the image; a smaller one takes more. 0: no E. 0.02 is usual."),
            weight_field(
                "huber", &P::huber, "Robust level",
                "Residuals of k-space beyond it count linearly, against spikes; not below six times the noise. "
                "0: all are squared. 0.1 is usual."),
            weight_field("reweighting", &P::reweighting, "Reweighting of ranks",
                         "Spares large singular values (0.05 is usual); the objective is not convex then. 0: off.")
                .as_advanced(),
            field("layers", &P::layers)
                .with_label("Layers")
                .with_unit("layers")
                .in_range(1, 10)
                .with_help("Each decomposes what the one before left unexplained."),
            field("layer_factor", &P::layer_factor)
                .with_label("Factor of a layer")
                .with_unit("1")
                .in_range(1, 10)
                .as_advanced()
                .with_help("Multiplies the weights if there is more than one layer."),
            cyclic_field(&P::cyclic)},
        model_fields<P>());
  }
};

struct FtvnnrOptions : ModelParameters {
  double spatial = 0.003;
  double low_rank = 0.5;
  friend bool operator==(const FtvnnrOptions&, const FtvnnrOptions&) = default;
  static constexpr auto fields() {
    using P = FtvnnrOptions;
    return std::tuple_cat(
        std::tuple{weight_field("spatial", &P::spatial, "Spatial variation", "Weight of differences within an image."),
                   weight_field("low_rank", &P::low_rank, "Low rank",
                                "Weight of the singular values of voxels times frames, for 121,000 values.")},
        model_fields<P>());
  }
};

struct LPlusSOptions : ModelParameters {
  double low_rank = 0.01;
  double sparse = 0.01;
  friend bool operator==(const LPlusSOptions&, const LPlusSOptions&) = default;
  static constexpr auto fields() {
    using P = LPlusSOptions;
    return std::tuple_cat(
        std::tuple{weight_field("low_rank", &P::low_rank, "Low rank",
                                "Weight of the background, as a part of the largest singular value of the start."),
                   weight_field("sparse", &P::sparse, "Sparse", "Weight of the spectrum along time of what moves.")},
        model_fields<P>());
  }
};

struct TemporalTvOptions : ModelParameters {
  double temporal = 0.01;
  bool cyclic = false;
  friend bool operator==(const TemporalTvOptions&, const TemporalTvOptions&) = default;
  static constexpr auto fields() {
    using P = TemporalTvOptions;
    return std::tuple_cat(
        std::tuple{weight_field("temporal", &P::temporal, "Temporal variation", "Weight of differences along time."),
                   cyclic_field(&P::cyclic)},
        model_fields<P>());
  }
};

struct LlrOptions : ModelParameters {
  double low_rank = 0.02;
  int patch = 8;
  friend bool operator==(const LlrOptions&, const LlrOptions&) = default;
  static constexpr auto fields() {
    using P = LlrOptions;
    return std::tuple_cat(
        std::tuple{weight_field("low_rank", &P::low_rank, "Low rank", "Weight of the singular values of every patch."),
                   patch_field(&P::patch)},
        model_fields<P>());
  }
};

struct KtSlrOptions : ModelParameters {
  double variation = 0.002;
  double low_rank = 0.3;
  friend bool operator==(const KtSlrOptions&, const KtSlrOptions&) = default;
  static constexpr auto fields() {
    using P = KtSlrOptions;
    return std::tuple_cat(
        std::tuple{
            weight_field("variation", &P::variation, "Variation", "Weight of differences in space and along time."),
            weight_field("low_rank", &P::low_rank, "Low rank",
                         "Weight of the singular values of voxels times frames, for 121,000 values.")},
        model_fields<P>());
  }
};

struct CgSenseOptions : iso::mri::SeriesParameters {
  double tikhonov = 1e-3;
  int iterations = 15;
  friend bool operator==(const CgSenseOptions&, const CgSenseOptions&) = default;
  static constexpr auto fields() {
    using iso::params::field;
    using P = CgSenseOptions;
    return std::tuple_cat(
        std::tuple{weight_field("tikhonov", &P::tikhonov, "Tikhonov", "Weight of the squared series."),
                   field("iterations", &P::iterations)
                       .with_label("Iterations")
                       .with_unit("iterations")
                       .in_range(1, 10000)
                       .with_help("They regularise: more fit more noise.")},
        iso::mri::series_fields<P>());
  }
};

struct ZeroFilledOptions : iso::mri::SeriesParameters {
  bool share_views = false;
  friend bool operator==(const ZeroFilledOptions&, const ZeroFilledOptions&) = default;
  static constexpr auto fields() {
    using P = ZeroFilledOptions;
    return std::tuple_cat(std::tuple{iso::params::field("share_views", &P::share_views)
                                         .with_label("Share views")
                                         .with_help("Lines that a frame lacks come from the frame nearest in time.")},
                          iso::mri::series_fields<P>());
  }
};

}  // namespace dynamic_mri
