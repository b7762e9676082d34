#pragma once

#include "method/model.h"

#include <iso/mri/series_problem.h>
#include <iso/solvers/progress.h>
#include <iso/solvers/smooth_primal_dual.h>

namespace dynamic_mri {

struct EngineOptions {
  int iterations{200};  ///< of all layers together
  int layers{1};
  double layer_factor{2};    ///< of every weight, with more than one layer
  bool keeps_layers{false};  ///< what each layer came to is wanted afterwards
  double dual_step{1.0 / 32};
  double tolerance{
      1e-4};  ///< relative change that ends a layer after five iterations below it, twenty at the least; 0: never
};

/// The series that minimises a model, and the part E.
struct Solution {
  iso::compute::Array series, error;                ///< error: empty without E
  std::vector<iso::compute::Array> after_layers{};  ///< X after each layer but the last; empty with one layer
  std::vector<iso::solvers::Optimality> measured;
  int iterations{0}, layers{0};
};

/// With one layer: the minimum of the model, by `SmoothPrimalDual` from x = Aᴴ b. With D layers every weight is multiplied by
/// `layer_factor`, each layer has its part of the iterations and goes on from where the last one ended, and what the last one
/// left unexplained is added back to the data: b_{d+1} = b_d + (b - A x_d) (Bregman iteration, S. Osher et al., Multiscale
/// Model. Simul. 4 (2005) 460). That these layers are the "depth" of RDLEDM is our reading of its abstract.
/// With Huber's function the start is made of data cut off at median + 8 MAD of the absolute values of all frames and coils at
/// the same distance from the centre: spikes are not in it. `a` and `data` must then be of k-space, not of the hybrid space, where
/// a spike is spread over its line.
/// `start`, where there is one, is a series to begin with instead of Aᴴ b.
/// Curves "residual" (relative to the data), "objective", "primal", "dual".
/// `part` is the part of the progress bar.
[[nodiscard]] Solution minimise(const Model& model, const iso::compute::OperatorPtr& a, const iso::compute::Array& data,
                                const EngineOptions& options, iso::compute::Stream& stream,
                                iso::solvers::Progress& progress, iso::solvers::ProgressRange part = {},
                                const iso::compute::Array& start = {});

/// The highest sum of the engine's own arrays.
[[nodiscard]] std::size_t engine_bytes(const Model& model, const iso::compute::OperatorSpec& encoding,
                                       const EngineOptions& options);

/// ‖A x - b‖ / ‖b‖ of every frame (0 where b is); `r` holds A x - b afterwards. `x` is the whole series, E included.
[[nodiscard]] std::vector<double> misfit_per_frame(const iso::compute::LinearOperator& a, const iso::compute::Array& b,
                                                   const iso::compute::Array& x, iso::compute::Array& r,
                                                   iso::compute::Stream& stream);

}  // namespace dynamic_mri
