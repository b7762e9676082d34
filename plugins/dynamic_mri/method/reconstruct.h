#pragma once

#include "method/linear.h"
#include "method/weights.h"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

/// One name for every method: what the tasks call.
namespace dynamic_mri {

template <class P>
concept ModelMethod = std::derived_from<P, ModelParameters>;

/// What a method will do on a scan, known before its samples are.
struct Work {
  std::vector<std::pair<iso::compute::OperatorSpec, double>> operators;  ///< with the number of their applications
  std::size_t bytes{0};                                                  ///< of the method's own arrays
  double seconds{0};                                                     ///< of what no operator does
};

/// The background of L + S is weighed by the largest singular value of the start Aᴴ b, as its authors' threshold is by that of
/// the current iterate.
[[nodiscard]] double start_rank(const iso::mri::SeriesProblem& problem);

template <ModelMethod P>
Model model_for(const iso::mri::SeriesProblem& problem, const P& options) {
  Model model = make_model(options, problem.series().shape);
  if constexpr (std::is_same_v<P, LPlusSOptions>) model.low_rank *= start_rank(problem);
  return model;
}

inline constexpr int trial_iterations = 60;

template <ModelMethod P>
Solution reconstruct(const iso::mri::SeriesProblem& problem, const P& options, std::uint64_t seed,
                     iso::solvers::Progress& progress) {
  const Model wished = model_for(problem, options);
  const EngineOptions engine = engine_options(options);
  WeightChoice choice;
  double begin = 0.05;
  if (options.weights == WeightRule::automatic) {
    choice = choose_weights(wished, problem, engine, trial_iterations, seed, progress, {begin, 0.5, "weights"});
    begin = 0.5;
    progress.figure("held_out_error", choice.held_out_error, "1");
  }
  progress.figure("weight_factor", choice.factor, "1");
  const Encoded whole = encoded(wished, problem, problem.a, problem.data);
  // The lines of the nearest frame are nearer to the series than zeros are: half of the iterations lead there. Spikes would be
  // shared too.
  iso::compute::Array start;
  if (std::is_same_v<P, RdledmOptions> && !(wished.huber > 0))
    start = zero_filled(problem, ZeroFilledOptions{{}, true});
  return minimise(scaled(wished, choice.factor), whole.a, whole.data, engine, problem.stream, progress,
                  {begin, 0.95, "iterations"}, start);
}

inline Solution reconstruct(const iso::mri::SeriesProblem& problem, const CgSenseOptions& options, std::uint64_t,
                            iso::solvers::Progress& progress) {
  return {
      .series = cg_sense(problem, options, progress), .error = {}, .measured = {}, .iterations = options.iterations};
}
inline Solution reconstruct(const iso::mri::SeriesProblem& problem, const ZeroFilledOptions& options, std::uint64_t,
                            iso::solvers::Progress&) {
  return {.series = zero_filled(problem, options), .error = {}, .measured = {}};
}

/// What `iterations` of the engine apply: the encoding, the terms, the Gram matrix, and the arithmetic between them.
void plan_iterations(Work& work, const Model& model, const iso::compute::OperatorSpec& encoding, double iterations);

/// Three tries at the least, five at the most (choose_weights).
inline constexpr double usual_tries = 4;

template <ModelMethod P>
Work plan_work(const iso::compute::OperatorSpec& encoding, const P& options) {
  const Model model = make_model(options, encoding.domain().shape);
  const bool automatic = options.weights == WeightRule::automatic;
  Work out;
  plan_iterations(out, model, encoding, options.iterations + (automatic ? usual_tries * trial_iterations : 0.0));
  // Lines that were kept, those left out, and what is foretold of them.
  out.bytes = engine_bytes(model, encoding, engine_options(options)) + (automatic ? 3 * encoding.range().bytes() : 0);
  // In k-space: the samples, and an array between the two transforms.
  if (model.huber > 0) out.bytes += 3 * encoding.range().bytes();
  return out;
}
[[nodiscard]] Work plan_work(const iso::compute::OperatorSpec& encoding, const CgSenseOptions& options);
[[nodiscard]] Work plan_work(const iso::compute::OperatorSpec& encoding, const ZeroFilledOptions& options);

/// What each layer added to X: slices of the first layer, then those of the second. In the units of the scan.
[[nodiscard]] iso::Volume layer_increments(const iso::mri::SeriesProblem& problem, const Solution& solution);

/// The result is X + E: L + S, where both parts are the image.
template <class P>
inline constexpr bool adds_error = std::is_same_v<P, LPlusSOptions>;

}  // namespace dynamic_mri
