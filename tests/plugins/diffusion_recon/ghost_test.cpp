#include "support.h"

#include "method/dds.h"
#include "method/levels.h"
#include "method/mbir.h"
#include "method/priors.h"
#include "method/split_gibbs.h"

#include <gtest/gtest.h>

#include <iostream>

// The two-view ghost of diffusion-mbir.md, section 11.2: a posterior of two modes that no reading tells apart, 0.7 and 0.3, each normal and
// known in closed form. Checks G4 and G5, and the row of every sampler that ships.
namespace diffusion_recon {
namespace {

using namespace test;

constexpr double middle = 0.4, height = 0.25, deviation = 0.1, noise = 0.05;
constexpr std::int64_t chains = 1500;

/// +1 and -1 on blocks of 2 x 2: without row and column sums.
double ghost(std::size_t pixel) {
  const std::size_t y = pixel / edge, x = pixel % edge;
  const auto side = [](std::size_t at) { return at == 1 || at == 2 ? 1 : at == 5 || at == 6 ? -1 : 0; };
  return side(y) * side(x);
}

Pixels mode(double sign) {
  PixelBuffer out = PixelBuffer::allocate({Shape{edge, edge}, ScalarType::f32});
  for (std::size_t i = 0; i < area; ++i) out.values<float>()[i] = static_cast<float>(middle + sign * height * ghost(i));
  return out;
}

struct Found {
  double frequency{0};          ///< of the mode of weight 0.7
  double mean_error{0};         ///< of its mean, rms over pixels, over the exact deviation
  double null_variance{0};      ///< about its mean where nothing was measured, over the exact one
  double measured_variance{0};  ///< likewise where something was
  double residual{0};           ///< |A x - y| / (sigma_y sqrt(m))
};

class Ghost : public testing::Test {
 protected:
  Ghost() {
    // One scan, seen by every chain: an image of the first mode, with noise.
    const auto one = two_views(1, *backend);
    PixelBuffer truth = PixelBuffer::make_copy(white({edge, edge, 1}, 21, deviation));
    for (std::size_t i = 0; i < area; ++i) truth.values<float>()[i] += static_cast<float>(middle + height * ghost(i));
    Array readings = backend->allocate(one->range(), *stream);
    one->forward(backend->upload(Pixels{std::move(truth)}, *stream), readings, *stream);
    backend->vector().axpy(1, backend->upload(white(one->range().shape, 22, noise), *stream), readings, *stream);
    y = to_values(readings);
    const auto a = two_views(chains, *backend);
    PixelBuffer all = PixelBuffer::allocate(a->range());
    for (std::size_t i = 0; i < all.values<float>().size(); ++i) all.values<float>()[i] = y[i % y.size()];
    data.emplace(a, backend->upload(Pixels{std::move(all)}, *stream), noise, *stream);
    prior.emplace(mixture_denoiser({{0.7, mode(1), deviation}, {0.3, mode(-1), deviation}}), 64);
    problem.emplace(PosteriorProblem{*data, *prior, SliceNoise{31, 0}});
  }

  Found judge(Sampler& sampler, const char* name) {
    iso::solvers::Progress progress;
    const Ensemble found = run(sampler, *problem, {}, progress);
    const auto x = std::as_const(found.mean).host<float>();
    // Normal equations of one component: eigenvalues of A^T A are 2 (the sum) and 1 (14 others), 0 in the null space.
    const auto one = two_views(1, *backend);
    Array misfit = backend->upload(read(y, one->range().shape), *stream),
          back = backend->allocate(one->domain(), *stream);
    one->forward(backend->upload(mode(1).reshaped(Shape{edge, edge, 1}), *stream), misfit, *stream, {});
    backend->vector().axpby(1, backend->upload(read(y, one->range().shape), *stream), -1, misfit, *stream);
    one->adjoint(misfit, back, *stream);
    const double v = deviation * deviation, s = noise * noise;
    double sum = 0;
    for (const float value : to_values(back)) sum += value / area;
    std::vector<double> exact(area);
    for (std::size_t i = 0; i < area; ++i)
      exact[i] = middle + height * ghost(i) + (to_values(back)[i] - sum) / (1 + s / v) + sum / (2 + s / v);
    const double measured_sum = (1 / (1 / v + 2 / s) + 14 / (1 / v + 1 / s));
    Found out;
    std::vector<double> mean(area, 0.0);
    std::int64_t first = 0;
    for (std::int64_t c = 0; c < chains; ++c)
      if (side(x, c) > 0) {
        ++first;
        for (std::size_t i = 0; i < area; ++i) mean[i] += x[static_cast<std::size_t>(c * area) + i];
      }
    out.frequency = static_cast<double>(first) / chains;
    double error = 0;
    for (std::size_t i = 0; i < area; ++i) error += std::pow(mean[i] / static_cast<double>(first) - exact[i], 2);
    out.mean_error = std::sqrt(error / (49 * v + measured_sum));
    double null_sum = 0, whole = 0;
    for (std::int64_t c = 0; c < chains; ++c) {
      if (side(x, c) <= 0) continue;
      std::vector<double> from_mean(area);
      for (std::size_t i = 0; i < area; ++i)
        from_mean[i] = x[static_cast<std::size_t>(c * area) + i] - mean[i] / static_cast<double>(first);
      for (const double value : from_mean) whole += value * value;
      keep_null_space(from_mean);
      for (const double value : from_mean) null_sum += value * value;
    }
    const auto degrees = static_cast<double>(first - 1);
    out.null_variance = null_sum / degrees / (49 * v);
    out.measured_variance = (whole - null_sum) / degrees / measured_sum;
    out.residual = data->normalised_residual(found.mean);
    std::cout << "| " << name << " | " << out.frequency << " | " << out.mean_error << " | " << out.null_variance
              << " | " << out.measured_variance << " | " << out.residual << " |\n";
    return out;
  }

  Found dds(double eta, double tau, const char* name) {
    Dds sampler{*problem, {geometric_levels(10, 0.01, 50), eta, tau, {tau > 0 ? 5 : 20, 0.0257, 0}}};
    return judge(sampler, name);
  }
  static Pixels read(const std::vector<float>& values, const Shape& shape) {
    PixelBuffer out = PixelBuffer::allocate({shape, ScalarType::f32});
    std::ranges::copy(values, out.values<float>().begin());
    return out;
  }
  static double side(std::span<const float> x, std::int64_t chain) {
    double sum = 0;
    for (std::size_t i = 0; i < area; ++i) sum += x[static_cast<std::size_t>(chain * area) + i] * ghost(i);
    return sum;
  }
  std::unique_ptr<iso::compute::Backend> backend = iso::gpu::make_cpu_backend();
  std::unique_ptr<iso::compute::Stream> stream = backend->make_stream();
  std::vector<float> y;
  std::optional<DataTerm> data;
  std::optional<SlicePrior> prior;
  std::optional<PosteriorProblem> problem;
};

TEST_F(Ghost, DdsFindsTheModesAndUnderstatesTheSpread) {
  for (const double eta : {0.15, 0.85}) {
    const Found found = dds(eta, 0, eta < 0.5 ? "DDS T=50 eta .15 plain" : "DDS T=50 eta .85 plain");
    EXPECT_NEAR(found.frequency, 0.7, 0.05) << eta;
    EXPECT_LT(found.residual, 0.15) << "the noise is fitted";
    EXPECT_NEAR(found.null_variance, eta < 0.5 ? 0.92 : 0.71, 0.05);
    EXPECT_LT(found.measured_variance, 0.02);
  }
  const Found all_new = dds(1, 0, "DDS T=50 eta 1 plain");
  EXPECT_NEAR(all_new.null_variance, 0.465, 0.05);
}

TEST_F(Ghost, DdsThatKnowsTheNoiseLeavesMoreOfIt) {
  const Found found = dds(0.85, 0.1, "DDS T=50 eta .85 proximal");
  EXPECT_NEAR(found.frequency, 0.74, 0.05);
  EXPECT_GT(found.residual, 0.4);
  EXPECT_GT(found.measured_variance, 0.2);
}

TEST_F(Ghost, MbirFindsTheModes) {
  Mbir sampler{*problem, {geometric_levels(10, 0.01, 500), 0.16, {1, 0.0257, 0}}};
  const Found found = judge(sampler, "DiffusionMBIR N=500");
  EXPECT_NEAR(found.frequency, 0.69, 0.05);
  EXPECT_NEAR(found.null_variance, 1.1, 0.1);
  EXPECT_LT(found.measured_variance, 0.15);
}

TEST_F(Ghost, SplitGibbsSamplesThePosterior) {
  SplitGibbs sampler{*problem, {60, 1, 0.03, 0.9, 10, 50, {}}};
  const Found found = judge(sampler, "split Gibbs, 60 sweeps");
  EXPECT_NEAR(found.frequency, 0.7, 0.04);  // 0.03 of check G5, and 0.012 of 1500 chains
  EXPECT_NEAR(found.null_variance, 1, 0.05);
  EXPECT_NEAR(found.measured_variance, 1, 0.15);
  EXPECT_LT(found.mean_error, 0.06);
  EXPECT_NEAR(found.residual, 1, 0.25) << "of one scan of 16 readings";
}

TEST_F(Ghost, SplitGibbsNeedsNoise) {
  const DataTerm exact{two_views(1, *backend), backend->allocate(two_views(1, *backend)->range(), *stream), 0, *stream};
  const PosteriorProblem without{exact, *prior, SliceNoise{1, 0}};
  EXPECT_THROW((SplitGibbs{without, {}}), iso::Error);
}

}  // namespace
}  // namespace diffusion_recon
