#include "adapter/tasks.h"

#include "adapter/scan_task.h"
#include "method/dds.h"
#include "method/dpm_ot.h"
#include "method/gdp.h"
#include "method/levels.h"
#include "method/mbir.h"
#include "method/red_diff.h"
#include "method/split_gibbs.h"

#include <iso/base/error.h>

#include <algorithm>
#include <cmath>
#include <sstream>

namespace diffusion_recon {
namespace {

// Of the papers, in units of water: their images of 0 to 1 are 3000 HU wide.
constexpr double range_in_water = 3, paper_penalty = 0.0257, paper_z_weight = 1.03e-4 * range_in_water;
constexpr double paper_slice_mm = 1;

void check_levels(const NoiseOptions& parameters) {
  if (parameters.most_noise > parameters.least_noise) return;
  std::ostringstream text;
  text << "most_noise is " << parameters.most_noise << ", which is not above least_noise, " << parameters.least_noise;
  throw iso::Error{iso::Errc::invalid_input, text.str(), "give a larger most_noise; its default is 10"};
}

FitOptions fit_options(const LevelOptions& parameters, int iterations, const TaskExtent& extent) {
  return {iterations, paper_penalty, coupling_along_z(parameters, extent.slice_mm)};
}

/// Levels below the warm start, which is the first of them.
std::vector<double> dds_levels(const SamplingOptions& parameters) {
  check_levels(parameters);
  auto levels = power_levels(parameters.most_noise, parameters.least_noise, parameters.levels);
  if (!(parameters.start_noise > 0)) return levels;
  std::erase_if(levels, [&](double level) { return level >= parameters.start_noise; });
  levels.insert(levels.begin(), std::max(parameters.start_noise, 1.001 * parameters.least_noise));
  return levels;
}

DdsOptions dds_options(const SamplingOptions& parameters, const TaskExtent& extent) {
  return {dds_levels(parameters),
          parameters.eta,
          parameters.tau_hu / 1000,
          fit_options(parameters, parameters.inner_iterations, extent),
          {}};
}

/// An algorithm that begins from total variation where a warm start is asked for.
template <class S, class Options, class DdsPart>
Algorithm warm(const SamplingOptions& parameters, Options options, std::size_t bytes, DdsPart part) {
  const auto evaluations = static_cast<double>(part(options).levels.size());
  return {evaluations, bytes, Spread::sampling,
          [options, part, from_tv = parameters.start_noise > 0](const PosteriorProblem& problem,
                                                                const Beginning& beginning) mutable {
            if (from_tv) part(options).start = beginning.tv;
            return std::make_unique<S>(problem, options);
          }};
}

}  // namespace

double coupling_along_z(const LevelOptions& parameters, double slice_mm) {
  return parameters.z_weight * paper_z_weight * paper_slice_mm / slice_mm;
}

Algorithm algorithm(const DdsParameters& parameters, const TaskExtent& extent) {
  return warm<Dds>(
      parameters, dds_options(parameters, extent), Dds::bytes(extent.image, parameters.z_weight > 0),
      [](auto& options) -> auto& { return options; });
}

Algorithm algorithm(const PfgmParameters& parameters, const TaskExtent& extent) {
  Algorithm out = warm<Dds>(
      parameters, dds_options(parameters, extent), Dds::bytes(extent.image, parameters.z_weight > 0),
      [](auto& options) -> auto& { return options; });
  out.degrees = parameters.degrees;
  return out;
}

Algorithm algorithm(const GdpParameters& parameters, const TaskExtent& extent) {
  return warm<Gdp>(
      parameters, GdpOptions{dds_options(parameters, extent), parameters.unknown, parameters.calibrate_below},
      Gdp::bytes(extent.image, extent.readings, parameters.z_weight > 0),
      [](auto& options) -> auto& { return options.dds; });
}

Algorithm algorithm(const DpmOtParameters& parameters, const TaskExtent& extent) {
  if (!(parameters.start_noise > 0))
    throw iso::Error{iso::Errc::invalid_input, "a start from an atlas needs noise, and start_noise is 0",
                     "give --start-noise 0.3 to 3, or use dds"};
  const DdsOptions dds = dds_options(parameters, extent);
  return {static_cast<double>(dds.levels.size()), DpmOt::bytes(extent.image, parameters.z_weight > 0), Spread::sampling,
          [dds](const PosteriorProblem& problem, const Beginning& beginning) {
            return std::make_unique<DpmOt>(problem, DpmOtOptions{dds, beginning.atlas, beginning.seed});
          }};
}

Algorithm algorithm(const RedDiffParameters& parameters, const TaskExtent& extent) {
  check_levels(parameters);
  RedDiffOptions options;
  options.levels = geometric_levels(parameters.most_noise, parameters.least_noise, parameters.levels);
  options.weight = parameters.weight;
  options.unit = range_in_water;
  return {static_cast<double>(parameters.levels), RedDiff::bytes(extent.image), Spread::none,
          [options, from_tv = parameters.from_tv](const PosteriorProblem& problem, const Beginning& beginning) mutable {
            if (from_tv) options.start = beginning.tv;
            return std::make_unique<RedDiff>(problem, options);
          }};
}

Algorithm algorithm(const MbirParameters& parameters, const TaskExtent& extent) {
  check_levels(parameters);
  const MbirOptions options{geometric_levels(parameters.most_noise, parameters.least_noise, parameters.levels),
                            parameters.ratio, fit_options(parameters, 1, extent)};
  return {2.0 * parameters.levels, Mbir::bytes(extent.image, parameters.z_weight > 0), Spread::sampling,
          [options](const PosteriorProblem& problem, const Beginning&) {
            return std::make_unique<Mbir>(problem, options);
          }};
}

Algorithm algorithm(const SplitGibbsParameters& parameters, const TaskExtent& extent) {
  SplitGibbsOptions options;
  options.sweeps = parameters.sweeps;
  options.unit = range_in_water;
  // Before the coupling has come down, images are further from the readings than noise and prior say.
  const Spread spread =
      std::pow(options.decay, options.sweeps - 1) <= options.least ? Spread::posterior : Spread::sampling;
  return {options.sweeps * (2.0 * options.levels - 1), SplitGibbs::bytes(extent.image, extent.readings), spread,
          [options](const PosteriorProblem& problem, const Beginning& beginning) mutable {
            options.start = beginning.tv;
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

iso::plugin::Task* make_red_diff() {
  return new ScanTask<RedDiffParameters>{
      {"Regularisation by denoising (RED-diff)",
       "One estimate that seeks a mode of the posterior: no sample, no spread that means anything.",
       "Over falling levels $\\sigma_t$, by few conjugate gradients: $(A^T A + \\lambda_t)\\mu = A^T y + \\lambda_t "
       "D(\\mu + "
       "\\sigma_t z, \\sigma_t)$, with $\\lambda_t$ from the noise of the readings. The implicit step has no rate to "
       "choose. **What the readings do not determine is invented.**",
       "Reconstruction",
       {"M. Mardani, J. Song, J. Kautz and A. Vahdat, ICLR (2024), arXiv:2305.04391"}}};
}

iso::plugin::Task* make_pfgm() {
  return new ScanTask<PfgmParameters>{
      {"Diffusion prior with heavy-tailed noise (PFGM++)",
       "dds with the noise of PFGM++: one radius a run, wider or narrower than normal noise.",
       "The noise of a run is a normal one times $\\sqrt{D / \\chi^2_D}$, one number for the whole volume and all "
       "levels. The "
       "network was trained with normal noise, which is $D \\to \\infty$: the smaller $D$, the less the level that it "
       "is told "
       "is that of its image. **What the readings do not determine is invented.**",
       "Reconstruction",
       {"Y. Xu, Z. Liu, Y. Tian, S. Tong, M. Tegmark and T. Jaakkola, ICML (2023), arXiv:2302.04265"}}};
}

iso::plugin::Task* make_gdp() {
  return new ScanTask<GdpParameters>{{"Diffusion prior, blind calibration (GDP)",
                                      "Reconstructs while the offset of every view, or its gain, is estimated.",
                                      "At every level readings $y = g (A x) + o$ are calibrated by the estimate of the "
                                      "prior in closed form, and the image is "
                                      "fitted to $(y - o) / g$. Gains have a mean of 1: a common one cannot be told "
                                      "from the image. Gains and offsets are "
                                      "curves of the record. **What the readings do not determine is invented.**",
                                      "Reconstruction",
                                      {"B. Fei et al., CVPR (2023), arXiv:2304.01247"}}};
}

iso::plugin::Task* make_dpm_ot() {
  return new ScanTask<DpmOtParameters>{
      {"Diffusion prior from an atlas",
       "dds that begins from images of an atlas, drawn by how well they explain the readings. Experimental.",
       "Each slice draws an image of the atlas with a probability that falls with its misfit, gets noise, and goes on "
       "as dds over "
       "few levels. **The result may show the atlas**: `nearest_atlas_distance` below 1 warns that a slice is "
       "remembered. Take "
       "only images whose use is consented to.",
       "Reconstruction",
       {"after Z. Li, S. Li, Z. Wang, N. Lei, Z. Luo and D. Gu, ICCV (2023), arXiv:2307.11308"}}};
}

}  // namespace diffusion_recon
