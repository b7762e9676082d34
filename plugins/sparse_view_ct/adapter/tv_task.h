#pragma once

#include "adapter/common.h"
#include "method/total_variation.h"

#include <iso/solvers/filtered_backprojection.h>

namespace sparse_view_ct {

inline constexpr auto choice_names(TvSolver) { return std::array<std::string_view, 2>{"primal_dual", "admm"}; }
inline constexpr auto choice_names(TvDimensions) {
  return std::array<std::string_view, 3>{"automatic", "two", "three"};
}

struct TvParameters : CommonParameters {
  double weight_mm = 0;
  double strength = 1;
  TvSolver solver = TvSolver::primal_dual;
  int iterations = 150;
  double tolerance = 1e-4;
  bool non_negative = true;
  double maximum = 0;
  TvDimensions dimensions = TvDimensions::automatic;
  bool warm_start = true;
  double step_ratio = 0.01;
  int inner_iterations = 4;
  friend bool operator==(const TvParameters&, const TvParameters&) = default;
  // NOLINTNEXTLINE(readability-function-size): a table
  static constexpr auto fields() {
    using iso::params::field;
    return std::tuple_cat(
        std::tuple{
            field("weight_mm", &TvParameters::weight_mm)
                .with_label("Weight")
                .with_unit("mm")
                .in_range(0, 1e6)
                .as_logarithmic()
                .with_help(
                    "Total variation against the squared misfit. Larger is smoother. 0: chosen from the misfit."),
            field("strength", &TvParameters::strength)
                .with_label("Strength")
                .with_unit("1")
                .in_range(0.01, 100)
                .as_logarithmic()
                .visible_when("weight_mm", "0")
                .with_help("Multiplies the automatic weight."),
            field("solver", &TvParameters::solver)
                .with_label("Solver")
                .as_advanced()
                .with_help("Both reach the same image; primal_dual takes one projection and one back-projection an "
                           "iteration, admm inner_iterations of each."),
            field("iterations", &TvParameters::iterations)
                .with_label("Iterations")
                .with_unit("iterations")
                .in_range(1, 100000)
                .with_help("At most this many."),
            field("tolerance", &TvParameters::tolerance)
                .with_label("Tolerance")
                .with_unit("1")
                .in_range(0, 1)
                .as_logarithmic()
                .as_advanced()
                .with_help("Ends once an iteration changes the image by less than this part of it."),
            field("non_negative", &TvParameters::non_negative)
                .with_label("Non-negative")
                .with_help("No value falls below 0."),
            field("maximum", &TvParameters::maximum)
                .with_label("Largest value")
                .with_unit("1/mm")
                .in_range(0, 1000)
                .as_advanced()
                .with_help("No value rises above. 0: no such bound."),
            field("dimensions", &TvParameters::dimensions)
                .with_label("Dimensions")
                .as_advanced()
                .with_help("Whether slices are smoothed one by one (two) or together (three). automatic: together for "
                           "a cone beam."),
            field("warm_start", &TvParameters::warm_start)
                .with_label("Start from FBP")
                .as_advanced()
                .with_help("Starts from filtered back-projection where the scan allows it."),
            field("step_ratio", &TvParameters::step_ratio)
                .with_label("Step ratio")
                .with_unit("1")
                .in_range(1e-6, 1e6)
                .as_logarithmic()
                .as_advanced()
                .visible_when("solver", "primal_dual")
                .with_help("Primal over dual step; only the speed depends on it."),
            field("inner_iterations", &TvParameters::inner_iterations)
                .with_label("Inner iterations")
                .with_unit("iterations")
                .in_range(1, 100)
                .as_advanced()
                .visible_when("solver", "admm")
                .with_help("Conjugate gradients in every iteration.")},
        common_fields<TvParameters>());
  }
};

class TvTask final : public ScanTask<TvParameters> {
 public:
  iso::plugin::About about() const override {
    return {"Total variation",
            "Iterative reconstruction from few views that keeps edges; chooses its weight by itself.",
            "Minimises $\\tfrac12\\|A x - p\\|^2 + \\lambda \\sum_j \\|(D x)_j\\|_2$ over $x \\ge 0$. The automatic "
            "weight is "
            "$\\lambda = 0.75\\,\\sqrt{h m}\\;\\mathrm{rms}(A x - p)$, see the README. Fine texture of the size of the "
            "noise is lost.",
            "Reconstruction",
            {"L. Rudin, S. Osher and E. Fatemi, Physica D 60 (1992) 259, doi:10.1016/0167-2789(92)90242-F",
             "E. Sidky, J. Jorgensen and X. Pan, Phys. Med. Biol. 57 (2012) 3065, doi:10.1088/0031-9155/57/10/3065",
             "A. Belloni, V. Chernozhukov and L. Wang, Biometrika 98 (2011) 791, doi:10.1093/biomet/asr043"}};
  }

 protected:
  iso::compute::Array reconstruct(const Problem& problem, const TvParameters& p, const Watch& watch) const override {
    TvOptions o;
    o.solver = p.solver;
    o.dimensions = p.dimensions;
    o.weight = p.weight_mm;
    o.strength = p.strength;
    o.iterations = p.iterations;
    o.relative_tolerance = p.tolerance;
    o.non_negative = p.non_negative;
    o.high = p.maximum;
    o.from_fbp = p.warm_start;
    o.ratio = p.step_ratio;
    o.inner_iterations = p.inner_iterations;
    auto result = total_variation(problem, o, watch);
    watch.plot("tv_weight", 0, result.weight);
    return result.x;
  }
  std::size_t method_bytes(const Prepared& plan, const Sizes& s, const TvParameters& p) const override {
    return tv_bytes(plan, s, p.solver == TvSolver::admm, p.dimensions, p.weight_mm <= 0);
  }
  double projections(const TvParameters& p) const override {
    return 2.0 * p.iterations * (p.solver == TvSolver::admm ? p.inner_iterations : 1) + 4;
  }
  std::vector<iso::compute::OperatorSpec> operators(const Prepared& plan, const TvParameters& p) const override {
    std::vector<iso::compute::OperatorSpec> specs;
    if (p.warm_start && !refusal_of_fbp(plan.scan.geometry)) {
      specs = iso::solvers::filtered_backprojection_operators(plan.scan.geometry, plan.grid, iso::ScalarType::f32);
    }
    specs.emplace_back(ray_transform(plan));
    specs.emplace_back(
        iso::compute::FiniteDifference{plan.grid.shape(), tv_axes(plan.scan.geometry, plan.grid, p.dimensions)});
    return specs;
  }

 private:
  // What total_variation.cpp and the solvers hold (their headers count it), with the state between two stages of the weight.
  static std::size_t tv_bytes(const Prepared& plan, const Sizes& s, bool admm, TvDimensions wish, bool searches) {
    const auto gradient = tv_axes(plan.scan.geometry, plan.grid, wish).size() * s.image;
    if (admm) return 3 * s.scan + 5 * s.image + 4 * gradient + (searches ? s.scan + 3 * s.image + 2 * gradient : 0);
    return 6 * s.scan + 3 * s.image + 4 * gradient + (searches ? 2 * s.scan + s.image + 2 * gradient : 0);
  }
};

}  // namespace sparse_view_ct
