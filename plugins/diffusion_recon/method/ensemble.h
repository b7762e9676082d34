#pragma once

#include "method/sampler.h"

#include <iso/solvers/progress.h>

#include <vector>

namespace diffusion_recon {

struct EnsembleOptions {
  int samples{1};
  bool keep_all{false};                 ///< the samples themselves, beside mean and spread
  iso::solvers::ProgressRange range{};  ///< of the whole task
};

/// Independent samples of one algorithm.
struct Ensemble {
  iso::compute::Array mean;
  iso::compute::Array spread;        ///< standard deviation over the samples, n - 1; empty for one sample
  std::vector<iso::Pixels> samples;  ///< if they are kept
  double misfit{0};                  ///< of the last sample, as Sampler::misfit
};

/// Runs the samples one after another: reports every step, shows the image, plots the misfit over the steps, keeps a checkpoint after a
/// step where one is wanted, and goes on from one to the same bits. Mean and spread are updated as B. Welford, Technometrics 4 (1962) 419.
[[nodiscard]] Ensemble run(Sampler& sampler, const PosteriorProblem& problem, const EnsembleOptions& options,
                           iso::solvers::Progress& progress);

/// Of the mean, the sum of squares and `keep_all` samples.
[[nodiscard]] std::size_t ensemble_bytes(const iso::ArraySpec& image, const EnsembleOptions& options);

}  // namespace diffusion_recon
