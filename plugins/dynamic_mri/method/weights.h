#pragma once

#include "method/parameters.h"

namespace dynamic_mri {

/// The weight of the singular values of voxels times frames: they grow with the root of the number of values, so that a weight
/// for 121,000 of them is multiplied by sqrt(n / 121,000) (section 5 of the specification; a rule of thumb of ours).
[[nodiscard]] double size_rule(const iso::Shape& series);

/// The models of the methods, for a series of this shape.
[[nodiscard]] Model make_model(const RdledmOptions& options, const iso::Shape& series);
[[nodiscard]] Model make_model(const FtvnnrOptions& options, const iso::Shape& series);
[[nodiscard]] Model make_model(const LPlusSOptions& options, const iso::Shape& series);
[[nodiscard]] Model make_model(const TemporalTvOptions& options, const iso::Shape& series);
[[nodiscard]] Model make_model(const LlrOptions& options, const iso::Shape& series);
[[nodiscard]] Model make_model(const KtSlrOptions& options, const iso::Shape& series);
[[nodiscard]] EngineOptions engine_options(const ModelParameters& options);
[[nodiscard]] EngineOptions engine_options(const RdledmOptions& options);

/// What a model is minimised on: an encoding and data. In hybrid space, or with Huber's function in k-space.
struct Encoded {
  iso::compute::OperatorPtr a;
  iso::compute::Array data;
};
[[nodiscard]] Encoded encoded(const Model& model, const iso::mri::SeriesProblem& problem,
                              const iso::compute::OperatorPtr& hybrid, const iso::compute::Array& data);

struct WeightChoice {
  double factor{1};
  double held_out_error{0};  ///< relative, of the lines that were left out
  int runs{0};
};

/// Leaves 5 % of the lines of every frame out, minimises with the weights times 1, 2, 1/2 and further powers of two on the side
/// that is better, and takes the factor whose series foretells the lines left out with the least error. Runs of `trial`
/// iterations from the same start, five at most; works on data that were undersampled by the scanner.
[[nodiscard]] WeightChoice choose_weights(const Model& model, const iso::mri::SeriesProblem& problem,
                                          const EngineOptions& options, int trial, std::uint64_t seed,
                                          iso::solvers::Progress& progress, iso::solvers::ProgressRange part);

}  // namespace dynamic_mri
