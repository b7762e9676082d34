#pragma once

#include "support.h"

#include "method/priors.h"

#include <functional>
#include <iostream>
#include <memory>
#include <string>

// What every sampler is admitted by (diffusion-priors.md, section 6): a posterior that is known in closed form, the two-view ghost of
// diffusion-mbir.md, section 11.2, and rules that are the same for all. A sampler that breaks one does not ship.
namespace diffusion_recon::test {

inline constexpr double ghost_middle = 0.4, ghost_height = 0.25, ghost_deviation = 0.1, ghost_noise = 0.05;

/// What a sampler says of its result.
enum class Claim : std::uint8_t {
  posterior,  ///< samples of it: the spread is the posterior's
  sampling,   ///< samples of the modes in the right share, whose spread understates the posterior's
  estimate    ///< one image: not where there are two modes how often which
};

struct Found {
  double frequency{0};          ///< of the mode of weight 0.7
  double mean_error{0};         ///< of its mean, rms over pixels, over the exact deviation
  double null_variance{0};      ///< about its mean where nothing was measured, over the exact one
  double measured_variance{0};  ///< likewise where something was
  double residual{0};           ///< |A x - y| / (sigma_y sqrt(m))
  double explained{0};  ///< likewise, by the sampler's own word: of readings as it calibrated them, of the last sample
  double evaluations{0};  ///< that the prior was asked for, a slice and sample
  double said{0};         ///< that the sampler said it would ask for
};

/// Why a sampler is not admitted; empty: it is.
inline std::vector<std::string> objections(const Found& found, Claim claim) {
  std::vector<std::string> out;
  const auto require = [&](bool met, const std::string& what, double value) {
    if (!met) out.push_back(what + " (" + std::to_string(value) + ")");
  };
  require(std::isfinite(found.mean_error) && std::isfinite(found.residual), "the result is finite", found.residual);
  require(found.explained < 1.3, "the readings are explained as well as their noise allows", found.explained);
  require(found.mean_error < 0.15, "the mean of the mode is that of the posterior", found.mean_error);
  require(found.null_variance < 1.2, "no more variance than the posterior has", found.null_variance);
  require(found.evaluations == found.said, "evaluations are as many as said", found.evaluations);
  if (claim == Claim::estimate) {
    require(found.frequency > 0.65, "an estimate is in the heavier mode at least as often as a sample",
            found.frequency);
    return out;
  }
  // 0.05 of check G4 and 0.03 of G5, and 0.012 of 1500 chains
  const double share = claim == Claim::posterior ? 0.042 : 0.062;
  require(std::abs(found.frequency - 0.7) < share, "modes have their share of 0.7", found.frequency);
  require(found.null_variance > 0.4, "samples differ where nothing was measured", found.null_variance);
  if (claim == Claim::sampling) return out;
  require(std::abs(found.null_variance - 1) < 0.05, "null-space variance", found.null_variance);
  require(std::abs(found.measured_variance - 1) < 0.15, "measured variance", found.measured_variance);
  require(found.mean_error < 0.06, "mean of a posterior sampler", found.mean_error);
  require(std::abs(found.residual - 1) < 0.25, "residual of one scan of 16 readings", found.residual);
  return out;
}

/// +1 and -1 on blocks of 2 x 2: without row and column sums.
inline double ghost(std::size_t pixel) {
  const std::size_t y = pixel / edge, x = pixel % edge;
  const auto side = [](std::size_t at) { return at == 1 || at == 2 ? 1 : at == 5 || at == 6 ? -1 : 0; };
  return side(y) * side(x);
}

inline Pixels ghost_mode(double sign) {
  PixelBuffer out = PixelBuffer::allocate({Shape{edge, edge}, ScalarType::f32});
  for (std::size_t i = 0; i < area; ++i)
    out.values<float>()[i] = static_cast<float>(ghost_middle + sign * ghost_height * ghost(i));
  return out;
}

/// Counts the images that a denoiser is asked for.
class Counting final : public iso::models::Denoiser {
 public:
  explicit Counting(iso::models::DenoiserPtr inner) : inner_{std::move(inner)} {}
  mutable std::int64_t images{0};

 private:
  [[nodiscard]] Pixels do_denoise(const Pixels& noisy, double sigma, const std::stop_token& stop) const override {
    images += noisy.spec().shape[3];
    return inner_->denoise(noisy, sigma, stop);
  }
  iso::models::DenoiserPtr inner_;
};

/// The ghost: 0.7 N(mode +, 0.1²) + 0.3 N(mode -, 0.1²), two views of one image of the first mode with noise of 0.05. Each of `chains` slices is
/// one chain, in each of `repeats` samples. The exact denoiser is the prior if none is given.
class Bench {
 public:
  explicit Bench(std::int64_t chains = 1500, int repeats = 1, int degrees = 0, iso::models::DenoiserPtr denoiser = {})
      : chains_{chains}, repeats_{repeats} {
    const auto one = two_views(1, *backend);
    PixelBuffer truth = PixelBuffer::make_copy(white({edge, edge, 1}, 21, ghost_deviation));
    for (std::size_t i = 0; i < area; ++i)
      truth.values<float>()[i] += static_cast<float>(ghost_middle + ghost_height * ghost(i));
    Array readings = backend->allocate(one->range(), *stream);
    one->forward(backend->upload(Pixels{std::move(truth)}, *stream), readings, *stream);
    backend->vector().axpy(1, backend->upload(white(one->range().shape, 22, ghost_noise), *stream), readings, *stream);
    y_ = to_values(readings);
    const auto a = two_views(chains, *backend);
    PixelBuffer all = PixelBuffer::allocate(a->range());
    for (std::size_t i = 0; i < all.values<float>().size(); ++i) all.values<float>()[i] = y_[i % y_.size()];
    data.emplace(a, backend->upload(Pixels{std::move(all)}, *stream), ghost_noise, *stream);
    if (!denoiser) denoiser = exact_denoiser();
    counting_ = std::make_shared<Counting>(denoiser);
    prior.emplace(counting_, 64);
    problem.emplace(PosteriorProblem{*data, *prior, SliceNoise{31, 0, degrees}});
  }

  static iso::models::DenoiserPtr exact_denoiser() {
    return mixture_denoiser({{0.7, ghost_mode(1), ghost_deviation}, {0.3, ghost_mode(-1), ghost_deviation}});
  }

  /// Runs a sampler, prints its row of the table, and says what was found.
  Found judge(Sampler& sampler, const std::string& name) {
    iso::solvers::Progress progress;
    counting_->images = 0;
    const Ensemble found = run(sampler, *problem, {repeats_, repeats_ > 1, {}}, progress);
    std::vector<float> x;
    if (repeats_ == 1) x = to_values(found.mean);
    for (const Pixels& sample : found.samples)
      x.insert(x.end(), sample.values<float>().begin(), sample.values<float>().end());
    Found out = measure(x);
    out.evaluations = static_cast<double>(counting_->images) / static_cast<double>(chains_ * repeats_);
    out.said = sampler.evaluations();
    out.explained = sampler.misfit();
    std::cout << "| " << name << " | " << out.frequency << " | " << out.mean_error << " | " << out.null_variance
              << " | " << out.measured_variance << " | " << out.residual << " | " << out.evaluations << " |\n";
    return out;
  }

  /// |A x - y|² of one chain.
  double misfit(std::span<const float> chain) const {
    double squares = 0;
    for (std::size_t line = 0; line < 2 * edge; ++line) {
      double sum = 0;
      for (std::size_t i = 0; i < edge; ++i)
        sum += chain[line < edge ? line * edge + i : i * edge + (line - edge)] / std::sqrt(8.0);
      squares += std::pow(sum - double{y_[line]}, 2);
    }
    return squares;
  }

  std::unique_ptr<iso::compute::Backend> backend = iso::gpu::make_cpu_backend();
  std::unique_ptr<iso::compute::Stream> stream = backend->make_stream();
  std::optional<DataTerm> data;
  std::optional<SlicePrior> prior;
  std::optional<PosteriorProblem> problem;

 private:
  static double side(std::span<const float> chain) {
    double sum = 0;
    for (std::size_t i = 0; i < area; ++i) sum += double{chain[i]} * ghost(i);
    return sum;
  }
  Pixels reading() const {
    PixelBuffer out = PixelBuffer::allocate(two_views(1, *backend)->range());
    std::ranges::copy(y_, out.values<float>().begin());
    return out;
  }
  /// Mean of the posterior within the first mode, and the sum of its variances over what was measured.
  std::pair<std::vector<double>, double> exact() const {
    // Normal equations of one component: eigenvalues of A^T A are 2 (the sum) and 1 (14 others), 0 in the null space.
    const auto one = two_views(1, *backend);
    Array misfit = backend->allocate(one->range(), *stream), back = backend->allocate(one->domain(), *stream);
    one->forward(backend->upload(ghost_mode(1).reshaped(Shape{edge, edge, 1}), *stream), misfit, *stream);
    backend->vector().axpby(1, backend->upload(reading(), *stream), -1, misfit, *stream);
    one->adjoint(misfit, back, *stream);
    const double v = ghost_deviation * ghost_deviation, s = ghost_noise * ghost_noise;
    const auto values = to_values(back);
    double sum = 0;
    for (const float value : values) sum += value / area;
    std::vector<double> mean(area);
    for (std::size_t i = 0; i < area; ++i)
      mean[i] = ghost_middle + ghost_height * ghost(i) + (values[i] - sum) / (1 + s / v) + sum / (2 + s / v);
    return {mean, 1 / (1 / v + 2 / s) + 14 / (1 / v + 1 / s)};
  }
  Found measure(const std::vector<float>& x) const {
    const auto [truth, measured_sum] = exact();
    const double v = ghost_deviation * ghost_deviation;
    const auto count = static_cast<std::int64_t>(x.size()) / area;
    const auto chain = [&](std::int64_t c) { return std::span{x}.subspan(static_cast<std::size_t>(c * area), area); };
    std::int64_t first = 0;
    std::vector<double> mean(area, 0.0);
    double squares = 0;
    for (std::int64_t c = 0; c < count; ++c) {
      squares += misfit(chain(c));
      if (side(chain(c)) <= 0) continue;
      ++first;
      for (std::size_t i = 0; i < area; ++i) mean[i] += chain(c)[i];
    }
    Found out;
    out.frequency = static_cast<double>(first) / static_cast<double>(count);
    out.residual = std::sqrt(squares / static_cast<double>(count * 16)) / ghost_noise;
    double error = 0, null_sum = 0, whole = 0;
    for (double& value : mean) value /= static_cast<double>(first);
    for (std::size_t i = 0; i < area; ++i) error += std::pow(mean[i] - truth[i], 2);
    out.mean_error = std::sqrt(error / (49 * v + measured_sum));
    for (std::int64_t c = 0; c < count; ++c) {
      if (side(chain(c)) <= 0) continue;
      std::vector<double> from_mean(area);
      for (std::size_t i = 0; i < area; ++i) from_mean[i] = chain(c)[i] - mean[i];
      for (const double value : from_mean) whole += value * value;
      keep_null_space(from_mean);
      for (const double value : from_mean) null_sum += value * value;
    }
    out.null_variance = null_sum / static_cast<double>(first - 1) / (49 * v);
    out.measured_variance = (whole - null_sum) / static_cast<double>(first - 1) / measured_sum;
    return out;
  }
  std::int64_t chains_;
  int repeats_;
  std::vector<float> y_;
  std::shared_ptr<Counting> counting_;
};

}  // namespace diffusion_recon::test
