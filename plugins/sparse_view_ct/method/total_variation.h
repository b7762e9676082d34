#pragma once

#include "method/problem.h"

namespace sparse_view_ct {

enum class TvSolver : std::uint8_t { primal_dual, admm };
enum class TvDimensions : std::uint8_t { automatic, two, three };

struct TvOptions {
  TvSolver solver{TvSolver::primal_dual};
  TvDimensions dimensions{TvDimensions::automatic};
  double weight{0};    ///< lambda in mm; 0: `balanced` with `strength`
  double strength{1};  ///< factor on the automatic weight
  int iterations{150};
  double relative_tolerance{1e-4};
  bool non_negative{true};
  double high{0};  ///< upper bound in 1/mm; 0: none
  bool from_fbp{true};
  double ratio{0.01};       ///< primal step over dual step, primal_dual only
  int inner_iterations{4};  ///< ADMM only
};

/// Minimises  1/2 |A x - p|^2 + lambda sum_j |(D x)_j|  over 0 <= x <= high,
///
/// A the ray transform, D the forward differences along x and y (and z: three dimensions, automatic for a cone beam; a
/// stack of parallel or fan slices is smoothed slice by slice), |.| the Euclidean length: isotropic total variation.
///
/// The automatic weight is the fixed point of
///     lambda = c strength kappa rms(A x(lambda) - p),   kappa = sqrt(h m),   c = 0.75,
/// m the median positive column sum A^T 1 and h the voxel size. kappa is the size of (A^T n)_j for noise n of unit deviation, so
/// lambda stands in a fixed ratio to what misfit of any origin (noise, or model error that noise cannot explain) does to the
/// gradient of the data term. This is the square-root form of the problem, min |A x - p| + mu TV(x), whose mu needs no
/// noise level (Belloni, Chernozhukov and Wang, Biometrika 98 (2011) 791, for the lasso). Its use for tomography with
/// this kappa and c is our completion; c was chosen on one simulated and one measured scan (README, Figures).
/// The weight starts from the noise level of the readings and is corrected from the misfit after 30, 55 and 75 % of the
/// iterations, which go on from their state; then it stays.
///
/// Source   L. Rudin, S. Osher and E. Fatemi, Physica D 60 (1992) 259; E. Sidky, J. Jorgensen and X. Pan, Phys. Med. Biol. 57
///          (2012) 3065 (primal-dual); S. Ramani and J. Fessler, IEEE Trans. Med. Imaging 31 (2012) 677 (ADMM).
struct TvResult {
  iso::compute::Array x;
  double weight{0};
};
[[nodiscard]] TvResult total_variation(const Problem& problem, const TvOptions& options, const Watch& watch);

/// Axes that are differenced on this grid.
[[nodiscard]] std::vector<std::size_t> tv_axes(const iso::ProjectionGeometry& geometry, const iso::VoxelGrid& grid,
                                               TvDimensions wish);

}  // namespace sparse_view_ct
