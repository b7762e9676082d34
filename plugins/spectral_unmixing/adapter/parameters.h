#pragma once

#include "method/library_search.h"
#include "method/unmix.h"

#include <iso/params/field.h>

#include <array>
#include <string_view>
#include <tuple>

namespace spectral_unmixing {

using iso::params::field;

/// Whether abundances of a pixel add up to 1.
enum class SumRule : std::uint8_t { automatic, on, off };
inline constexpr auto choice_names(SumRule) { return std::array<std::string_view, 3>{"automatic", "on", "off"}; }
/// What known spectra are for the fit.
enum class Known : std::uint8_t { frozen, start };
inline constexpr auto choice_names(Known) { return std::array<std::string_view, 2>{"frozen", "start"}; }
enum class Finish : std::uint8_t { scaled, inversion };
inline constexpr auto choice_names(Finish) { return std::array<std::string_view, 2>{"scaled", "inversion"}; }

// Fields that several tasks have, each said once.
template <class P>
constexpr auto components_field(std::string_view label) {
  return field("components", &P::components)
      .with_label(label)
      .in_range(1, 64)
      .with_help("How many, known ones included. The task 'components' estimates it.");
}
template <class P>
constexpr auto free_components_field(std::string_view help) {
  return field("free_components", &P::free_components).with_label("Free spectra").in_range(0, 32).with_help(help);
}
template <class P>
constexpr auto start_field() {
  return field("start", &P::start)
      .with_label("Start")
      .with_help("Where spectra are looked for first. The result depends on it more than on anything else.");
}
template <class P>
constexpr auto restarts_field(std::string_view start) {
  return field("restarts", &P::restarts)
      .with_label("Restarts")
      .in_range(1, 100)
      .as_advanced()
      .visible_when(start, "vca|ppi")
      .with_help("Starts with other random numbers; the best is taken.");
}
template <class P>
constexpr auto known_field() {
  return field("known", &P::known)
      .with_label("Known spectra")
      .with_help("frozen: they stay as they are; start: the fit begins with them.");
}
template <class P>
constexpr auto loss_field() {
  return field("loss", &P::loss)
      .with_label("Loss")
      .with_help(
          "How the misfit of a band counts. l21: linearly, so that bad bands count little; log: hardly at all "
          "beyond the noise; frobenius: least squares.");
}
template <class P>
constexpr auto solver_field() {
  return field("solver", &P::solver)
      .with_label("Update rule")
      .as_advanced()
      .with_help("hals: one row or column exactly; multiplicative: the classical rule, which needs more iterations.");
}
template <class P>
constexpr auto screening_field() {
  return field("screening", &P::screening)
      .with_label("Band screening")
      .in_range(0, 1000)
      .as_advanced()
      .with_help("Bands whose noise exceeds the median of all by this factor are left out and listed. 0: none.");
}
template <class P>
constexpr auto iterations_field() {
  return field("iterations", &P::iterations)
      .with_label("Iterations")
      .with_unit("iterations")
      .in_range(1, 100000)
      .with_help("Of the fit, at most.");
}
template <class P>
constexpr auto tolerance_field() {
  return field("tolerance", &P::tolerance)
      .with_label("Tolerance")
      .in_range(0, 1)
      .as_logarithmic()
      .as_advanced()
      .with_help("Ends once the objective changes by less than this part of it, five times.");
}

struct RobustParameters {
  int components = 3;
  Extraction start = Extraction::archetypal;
  SumRule sum_rule = SumRule::automatic;
  Known known = Known::frozen;
  Loss loss = Loss::l21;
  Solver solver = Solver::hals;
  Exponent exponent = Exponent::learned;
  bool automatic_weights = true;
  double sparsity = 0.02;
  double anchor = 1;
  double sum_weight = 1;
  Finish finish = Finish::scaled;
  double screening = 5;
  int iterations = 500;
  double tolerance = 1e-6;
  int restarts = 5;
  double mixing_level = 0;
  double smallest_exponent = 0.3;
  double fixed_exponent = 0.5;
  double smoothing = 1e-3;
  friend bool operator==(const RobustParameters&, const RobustParameters&) = default;

  // NOLINTNEXTLINE(readability-function-size): a table
  static constexpr auto fields() {
    using P = RobustParameters;
    return std::tuple{
        components_field<P>("Endmembers"),
        start_field<P>(),
        field("sum_rule", &P::sum_rule)
            .with_label("Abundances add up to 1")
            .with_help(
                "automatic: for reflectance, and for cubes in wavelengths whose values are between 0 and 1.5 without a "
                "quantity; not for Raman shifts and counts."),
        known_field<P>(),
        loss_field<P>(),
        solver_field<P>(),
        field("exponent", &P::exponent)
            .with_label("Sparsity of a pixel")
            .as_advanced()
            .with_help(
                "learned: the exponent of each pixel minimises the objective; fixed: one for all; hoyer: follows the "
                "sparseness of the pixel, and the objective may rise."),
        field("automatic_weights", &P::automatic_weights)
            .with_label("Automatic weights")
            .with_help("Sparsity 0.02 and anchor 1 after an archetypal start, 0.1 and 0 after the others; no sparsity "
                       "without the "
                       "sum rule."),
        field("sparsity", &P::sparsity)
            .with_label("Sparsity")
            .in_range(0, 10)
            .visible_when("automatic_weights", "false")
            .with_help("Weight lambda of the sparsity, without unit. Needs the sum rule."),
        field("anchor", &P::anchor)
            .with_label("Anchor")
            .in_range(0, 100)
            .visible_when("automatic_weights", "false")
            .with_help("How strongly endmembers are held at their start: without, they may drift outwards."),
        field("sum_weight", &P::sum_weight)
            .with_label("Weight of the sum rule")
            .in_range(1e-3, 1e4)
            .as_logarithmic()
            .as_advanced()
            .with_help("mu. 10 to 100 bring the sums near 1 during the fit."),
        field("finish", &P::finish)
            .with_label("Final abundances")
            .as_advanced()
            .with_help("scaled: those of the fit, divided by their sum where the sum rule holds; inversion: exact "
                       "least squares with the "
                       "endmembers found."),
        screening_field<P>(),
        iterations_field<P>(),
        tolerance_field<P>(),
        restarts_field<P>("start"),
        field("mixing_level", &P::mixing_level)
            .with_label("Mixing level")
            .in_range(0, 10)
            .as_advanced()
            .visible_when("exponent", "learned")
            .with_help("tau: pixels whose entropy of abundances exceeds it are not made sparser. 0: half the logarithm "
                       "of the number "
                       "of endmembers."),
        field("smallest_exponent", &P::smallest_exponent)
            .with_label("Smallest exponent")
            .in_range(0.05, 1)
            .as_advanced()
            .visible_when("exponent", "learned")
            .with_help("p is never smaller."),
        field("fixed_exponent", &P::fixed_exponent)
            .with_label("Exponent")
            .in_range(0.05, 1)
            .as_advanced()
            .visible_when("exponent", "fixed")
            .with_help("p of every pixel."),
        field("smoothing", &P::smoothing)
            .with_label("Smoothing of the loss")
            .in_range(1e-9, 1)
            .as_logarithmic()
            .as_advanced()
            .with_help("eps, as a part of the 99th percentile of the data. With the log loss it should be the noise.")};
  }
};

struct NmfParameters {
  int components = 3;
  Extraction start = Extraction::archetypal;
  Loss loss = Loss::frobenius;
  Solver solver = Solver::hals;
  Known known = Known::frozen;
  double screening = 5;
  int iterations = 500;
  double tolerance = 1e-6;
  friend bool operator==(const NmfParameters&, const NmfParameters&) = default;
  static constexpr auto fields() {
    using P = NmfParameters;
    return std::tuple{components_field<P>("Components"),
                      start_field<P>(),
                      loss_field<P>(),
                      solver_field<P>(),
                      known_field<P>(),
                      screening_field<P>(),
                      iterations_field<P>(),
                      tolerance_field<P>()};
  }
};

struct CountParameters {
  int free_components = 1;
  Extraction start = Extraction::archetypal;
  int iterations = 500;
  double tolerance = 1e-6;
  friend bool operator==(const CountParameters&, const CountParameters&) = default;
  static constexpr auto fields() {
    using P = CountParameters;
    return std::tuple{free_components_field<P>(
                          "How many unknown spectra there are beside the known dyes: autofluorescence, background."),
                      start_field<P>().as_advanced(), iterations_field<P>(), tolerance_field<P>()};
  }
};

struct EndmemberParameters {
  int components = 3;
  Extraction method = Extraction::archetypal;
  double screening = 5;
  int restarts = 5;
  friend bool operator==(const EndmemberParameters&, const EndmemberParameters&) = default;
  static constexpr auto fields() {
    using P = EndmemberParameters;
    return std::tuple{components_field<P>("Endmembers").with_help("How many are looked for."),
                      field("method", &P::method)
                          .with_label("Method")
                          .with_help("archetypal: means of pixels that span the data; the others take single pixels."),
                      screening_field<P>(), restarts_field<P>("method")};
  }
};

enum class InversionRule : std::uint8_t { fcls, nnls, sunsal };
inline constexpr auto choice_names(InversionRule) { return std::array<std::string_view, 3>{"fcls", "nnls", "sunsal"}; }

struct AbundanceParameters {
  InversionRule rule = InversionRule::fcls;
  double sparsity = 1e-3;
  int free_components = 0;
  int iterations = 200;
  double screening = 5;
  friend bool operator==(const AbundanceParameters&, const AbundanceParameters&) = default;
  static constexpr auto fields() {
    using P = AbundanceParameters;
    return std::tuple{field("rule", &P::rule)
                          .with_label("Rule")
                          .with_help("fcls: not negative and of sum 1; nnls: not negative; sunsal: not negative and "
                                     "sparse, for libraries of many spectra."),
                      field("sparsity", &P::sparsity)
                          .with_label("Sparsity")
                          .in_range(0, 100)
                          .as_logarithmic()
                          .visible_when("rule", "sunsal")
                          .with_help("Weight of the sum of the abundances, in units of the mean square of a spectrum."),
                      free_components_field<P>("How many unknown spectra are fitted beside the known ones."),
                      iterations_field<P>().as_advanced(), screening_field<P>()};
  }
};

struct ComponentParameters {
  int most = 12;
  friend bool operator==(const ComponentParameters&, const ComponentParameters&) = default;
  static constexpr auto fields() {
    return std::tuple{field("most", &ComponentParameters::most)
                          .with_label("Largest number")
                          .in_range(2, 64)
                          .with_help("Reconstruction and held-out errors are given up to this number of components.")};
  }
};

struct MatchParameters {
  Likeness likeness = Likeness::angle;
  int most = 10;
  friend bool operator==(const MatchParameters&, const MatchParameters&) = default;
  static constexpr auto fields() {
    using P = MatchParameters;
    return std::tuple{
        field("likeness", &P::likeness)
            .with_label("Likeness")
            .with_help("angle: spectral angle; divergence: spectral information divergence; continuum_angle: angle "
                       "after the continuum was removed."),
        field("most", &P::most).with_label("Matches").in_range(1, 1000).with_help("Of each spectrum, best first.")};
  }
};

struct SpilloverParameters {
  friend bool operator==(const SpilloverParameters&, const SpilloverParameters&) = default;
  static constexpr auto fields() { return std::tuple{}; }
};

}  // namespace spectral_unmixing
