#include "adapter/tasks.h"

#include "adapter/scan_task.h"
#include "method/dds.h"
#include "method/levels.h"
#include "method/mbir.h"
#include "method/split_gibbs.h"

#include <iso/base/error.h>

#include <algorithm>
#include <cmath>
#include <sstream>

namespace diffusion_recon {
namespace {

using iso::compute::Array;

// Of the papers, in units of water: their images of 0 to 1 are 3000 HU wide.
constexpr double range_in_water = 3, paper_penalty = 0.0257, paper_z_weight = 1.03e-4 * range_in_water;

void check_levels(const LevelOptions& parameters) {
  if (parameters.most_noise > parameters.least_noise) return;
  std::ostringstream text;
  text << "most_noise is " << parameters.most_noise << ", which is not above least_noise, " << parameters.least_noise;
  throw iso::Error{iso::Errc::invalid_input, text.str(), "give a larger most_noise; its default is 10"};
}

FitOptions fit_options(const LevelOptions& parameters, int iterations) {
  return {iterations, paper_penalty, parameters.z_weight * paper_z_weight};
}

/// Levels below the warm start, which is the first of them.
std::vector<double> dds_levels(const DdsParameters& parameters) {
  check_levels(parameters);
  auto levels = power_levels(parameters.most_noise, parameters.least_noise, parameters.levels);
  if (!(parameters.start_noise > 0)) return levels;
  std::erase_if(levels, [&](double level) { return level >= parameters.start_noise; });
  levels.insert(levels.begin(), std::max(parameters.start_noise, 1.001 * parameters.least_noise));
  return levels;
}

}  // namespace

Algorithm algorithm(const DdsParameters& parameters, const iso::ArraySpec& image, const iso::ArraySpec&) {
  DdsOptions options{dds_levels(parameters),
                     parameters.eta,
                     parameters.tau_hu / 1000,
                     fit_options(parameters, parameters.inner_iterations),
                     {}};
  const auto evaluations = static_cast<double>(options.levels.size());
  const bool warm = parameters.start_noise > 0;
  return {evaluations, Dds::bytes(image, parameters.z_weight > 0), false,
          [options, warm](const PosteriorProblem& problem, const Array& start) mutable {
            if (warm) options.start = start;
            return std::make_unique<Dds>(problem, options);
          }};
}

Algorithm algorithm(const MbirParameters& parameters, const iso::ArraySpec& image, const iso::ArraySpec&) {
  check_levels(parameters);
  const MbirOptions options{geometric_levels(parameters.most_noise, parameters.least_noise, parameters.levels),
                            parameters.ratio, fit_options(parameters, 1)};
  return {
      2.0 * parameters.levels, Mbir::bytes(image, parameters.z_weight > 0), false,
      [options](const PosteriorProblem& problem, const Array&) { return std::make_unique<Mbir>(problem, options); }};
}

Algorithm algorithm(const SplitGibbsParameters& parameters, const iso::ArraySpec& image,
                    const iso::ArraySpec& readings) {
  SplitGibbsOptions options;
  options.sweeps = parameters.sweeps;
  options.unit = range_in_water;
  // Before the coupling has come down, images are further from the readings than noise and prior say.
  const bool down = std::pow(options.decay, options.sweeps - 1) <= options.least;
  return {options.sweeps * (2.0 * options.levels - 1), SplitGibbs::bytes(image, readings), down,
          [options](const PosteriorProblem& problem, const Array& start) mutable {
            options.start = start;
            return std::make_unique<SplitGibbs>(problem, options);
          }};
}

iso::plugin::Task* make_dds() {
  return new ScanTask<DdsParameters>{
      {"Diffusion prior (DDS)",
       "Reconstructs a volume from few views or a limited arc with a diffusion prior of axial slices, in minutes.",
       "From noise to image over falling levels $\\sigma_t$: $x_0 = D(x, \\sigma_t)$ slice by slice, a data fit of the "
       "whole volume from $x_0$ by few conjugate gradients with total variation along $z$, then noise again, alike in "
       "neighbouring slices. **What the readings do not determine is invented**: look at `supplied`, at the residual, "
       "and at total variation (`tv`) beside it. The spread over samples is that of the sampling and understates the "
       "uncertainty.",
       "Reconstruction",
       {"H. Chung, S. Lee and J. C. Ye, ICLR (2024), arXiv:2303.05754"}}};
}

iso::plugin::Task* make_mbir() {
  return new ScanTask<MbirParameters>{
      {"DiffusionMBIR",
       "The reference that dds is held against: many levels, two evaluations of the prior in each.",
       "Predictor and corrector of the reverse diffusion on every slice, then one step of ADMM with total variation "
       "along $z$ on the volume, its variables shared over all levels. The paper takes 2000 levels. **What the "
       "readings do not determine is invented.**",
       "Reconstruction",
       {"H. Chung, D. Ryu, M. McCann, M. Klasky and J. C. Ye, CVPR (2023), arXiv:2211.10655"}}};
}

iso::plugin::Task* make_split_gibbs() {
  return new ScanTask<SplitGibbsParameters>{
      {"Posterior samples (split Gibbs)",
       "Samples of what an image can be, given readings and prior: mean and posterior standard deviation.",
       "In turn an exact draw from the likelihood about the image, and a reverse diffusion from the coupling $\\rho_k$ "
       "to 0; correct as $\\rho_k$ falls. About 1140 evaluations of the prior a chain: for slices and slabs. Slices "
       "are "
       "sampled independently.",
       "Reconstruction",
       {"Z. Wu, Y. Sun, Y. Chen, B. Zhang, Y. Yue and K. Bouman, NeurIPS (2024), arXiv:2405.18782"}}};
}

}  // namespace diffusion_recon
