#pragma once

#include "iso/tomography/planned_work.h"
#include "iso/tomography/scan_problem.h"

namespace iso::tomography {

enum class TvSolver : std::uint8_t { primal_dual, admm };
inline constexpr auto choice_names(TvSolver) { return std::array<std::string_view, 2>{"primal_dual", "admm"}; }
enum class TvDimensions : std::uint8_t { automatic, two, three };
inline constexpr auto choice_names(TvDimensions) {
  return std::array<std::string_view, 3>{"automatic", "two", "three"};
}

struct TvOptions : ScanParameters {
  double weight_mm = 0;
  double strength = 1.5;
  TvSolver solver = TvSolver::primal_dual;
  int iterations = 150;
  double tolerance = 1e-4;
  bool non_negative = true;
  double maximum = 0;
  TvDimensions dimensions = TvDimensions::automatic;
  bool warm_start = true;
  double step_ratio = 0.03;
  int inner_iterations = 4;
  friend bool operator==(const TvOptions&, const TvOptions&) = default;
  // NOLINTNEXTLINE(readability-function-size): a table
  static constexpr auto fields() {
    using params::field;
    return std::tuple_cat(
        std::tuple{
            field("weight_mm", &TvOptions::weight_mm)
                .with_label("Weight")
                .with_unit("mm")
                .in_range(0, 1e6)
                .as_logarithmic()
                .with_help(
                    "Total variation against the squared misfit. Larger is smoother. 0: chosen from the misfit."),
            field("strength", &TvOptions::strength)
                .with_label("Strength")
                .with_unit("1")
                .in_range(0.01, 100)
                .as_logarithmic()
                .visible_when("weight_mm", "0")
                .with_help(
                    "Multiplies the automatic weight. 1.5 had the smallest errors on patients at 18 to 72 views."),
            field("solver", &TvOptions::solver)
                .with_label("Solver")
                .as_advanced()
                .with_help("Both reach the same image; primal_dual takes one projection and one back-projection an "
                           "iteration, admm inner_iterations of each."),
            field("iterations", &TvOptions::iterations)
                .with_label("Iterations")
                .with_unit("iterations")
                .in_range(1, 100000)
                .with_help("At most this many."),
            field("tolerance", &TvOptions::tolerance)
                .with_label("Tolerance")
                .with_unit("1")
                .in_range(0, 1)
                .as_logarithmic()
                .as_advanced()
                .with_help("Ends once an iteration changes the image by less than this part of it."),
            field("non_negative", &TvOptions::non_negative)
                .with_label("Non-negative")
                .with_help("No value falls below 0."),
            field("maximum", &TvOptions::maximum)
                .with_label("Largest value")
                .with_unit("1/mm")
                .in_range(0, 1e9)
                .as_advanced()
                .with_help("No value rises above. 0: no such bound."),
            field("dimensions", &TvOptions::dimensions)
                .with_label("Dimensions")
                .as_advanced()
                .with_help("Whether slices are smoothed one by one (two) or together (three). automatic: together for "
                           "a cone beam."),
            field("warm_start", &TvOptions::warm_start)
                .with_label("Start from FBP")
                .as_advanced()
                .with_help("Starts from filtered back-projection where the scan allows it."),
            field("step_ratio", &TvOptions::step_ratio)
                .with_label("Step ratio")
                .with_unit("1")
                .in_range(1e-6, 1e6)
                .as_logarithmic()
                .as_advanced()
                .visible_when("solver", "primal_dual")
                .with_help(
                    "Primal over dual step, in 1/mm^2 (1/um^2, 1/nm^2 for voxels of micrometres, nanometres); only "
                    "the speed depends on it."),
            field("inner_iterations", &TvOptions::inner_iterations)
                .with_label("Inner iterations")
                .with_unit("iterations")
                .in_range(1, 100)
                .as_advanced()
                .visible_when("solver", "admm")
                .with_help("Conjugate gradients in every iteration.")},
        scan_fields<TvOptions>());
  }
};

/// Minimises  1/2 |A x - p|^2 + lambda sum_j |(D x)_j|  over 0 <= x <= maximum,
///
/// A the ray transform, D the forward differences along x and y (and z: three dimensions, automatic for a cone beam; a
/// stack of parallel or fan slices is smoothed slice by slice), |.| the Euclidean length: isotropic total variation.
///
/// The automatic weight is the fixed point of
///     lambda = c (2 / d) strength kappa rms(A x(lambda) - p),   kappa = sqrt(h m),   c = 0.75,
/// m the median positive column sum A^T 1, h the voxel size and d the number of axes that are differenced (2 or 3: D^T D grows
/// with d, so that the same weight smooths a volume more than a slice). kappa is the size of (A^T n)_j for noise n of unit deviation, so
/// lambda stands in a fixed ratio to what misfit of any origin (noise, or model error that noise cannot explain) does to the
/// gradient of the data term. This is the square-root form of the problem, min |A x - p| + mu TV(x), whose mu needs no
/// noise level (Belloni, Chernozhukov and Wang, Biometrika 98 (2011) 791, for the lasso). Its use for tomography with
/// this kappa, c and 2 / d is our completion; c was chosen on one simulated and one measured scan, the usual strength of 1.5 on
/// slices of ten patients with 18 to 72 views, 2 / d on a cone-beam scan of another (decisions 0078, 0087).
/// The weight starts from the noise level of the readings and is corrected from the misfit after 30, 55 and 75 % of the
/// iterations, which go on from where they are; then it stays.
///
/// Figure "tv_weight" (mm): the weight in the end.
/// Source   L. Rudin, S. Osher and E. Fatemi, Physica D 60 (1992) 259; E. Sidky, J. Jorgensen and X. Pan, Phys. Med. Biol. 57
///          (2012) 3065 (primal-dual); S. Ramani and J. Fessler, IEEE Trans. Med. Imaging 31 (2012) 677 (ADMM).
[[nodiscard]] compute::Array reconstruct(const ScanProblem& problem, const TvOptions& options,
                                         solvers::Progress& progress);
[[nodiscard]] PlannedWork plan_work(const ScanPlan& plan, const TvOptions& options);

/// Axes that are differenced on this grid.
[[nodiscard]] std::vector<std::size_t> tv_axes(const ProjectionGeometry& geometry, const VoxelGrid& grid,
                                               TvDimensions wish);

}  // namespace iso::tomography
