#include "support.h"

#include "method/data_fit.h"
#include "method/dds.h"
#include "method/levels.h"
#include "method/priors.h"

#include "iso/compute/operators/coil_fourier.h"
#include "iso/mri/sampling_mask.h"

#include <gtest/gtest.h>

#include <numbers>

// Checks G1 to G3 of diffusion-mbir.md: samplers under the exact normal prior, whose recursion is known in closed form; and what holds for
// every sampler: the same bits for any batch, after an interruption, and none after a stop.
namespace diffusion_recon {
namespace {

using namespace test;

constexpr double mean = 0.4, deviation = 0.1;

/// Variance in the null space after all levels, over that of the prior (check G2).
double recursion(const std::vector<double>& levels, double eta) {
  const double s2 = deviation * deviation;
  double v = levels.front() * levels.front();
  for (std::size_t t = 0; t < levels.size(); ++t) {
    const double sigma = levels[t], next = t + 1 < levels.size() ? levels[t + 1] : 0, g = s2 / (s2 + sigma * sigma);
    const double a = g + next * std::sqrt(1 - eta * eta) * (1 - g) / sigma;
    v = a * a * v + std::pow(next * eta, 2);
  }
  return v / s2;
}

class Gaussian : public testing::Test {
 protected:
  double null_variance(int count, double eta, std::int64_t chains) {
    const auto a = two_views(chains, *backend);
    const DataTerm data{a, backend->upload(white(a->range().shape, 3, 0.2), *stream), 0, *stream};
    const SlicePrior prior{iso::models::gaussian_denoiser(mean, deviation), 64};
    const PosteriorProblem problem{data, prior, SliceNoise{17, 0}};
    Dds sampler{problem, {geometric_levels(10, 0.01, count), eta, 0, {20, 0.0257, 0}}};
    iso::solvers::Progress progress;
    const Ensemble found = run(sampler, problem, {}, progress);
    double sum = 0;
    const auto x = std::as_const(found.mean).host<float>();
    for (std::int64_t chain = 0; chain < chains; ++chain) {
      std::vector<double> slice(x.begin() + chain * area, x.begin() + (chain + 1) * area);
      keep_null_space(slice);
      for (const double value : slice) sum += value * value;
    }
    return sum / static_cast<double>(49 * chains) / (deviation * deviation);
  }
  std::unique_ptr<iso::compute::Backend> backend = iso::gpu::make_cpu_backend();
  std::unique_ptr<iso::compute::Stream> stream = backend->make_stream();
};

TEST_F(Gaussian, DenoiserIsTheClosedForm) {
  const auto denoiser = iso::models::gaussian_denoiser(mean, deviation);
  const Pixels x = white({edge, edge, 1, 3}, 1);
  for (const double sigma : {0.01, 0.1, 3.0}) {
    const Pixels d = denoiser->denoise(x, sigma);
    const double g = deviation * deviation / (deviation * deviation + sigma * sigma);
    for (std::size_t i = 0; i < x.values<float>().size(); ++i)
      EXPECT_NEAR(d.values<float>()[i], mean + g * (double{x.values<float>()[i]} - mean), 1e-6);
  }
}

TEST_F(Gaussian, RecursionIsThatOfTheSpecification) {
  const auto levels = geometric_levels(10, 0.01, 50);
  const std::vector<std::pair<double, double>> stated{
      {0, 0.923}, {0.15, 0.918}, {0.5, 0.863}, {0.85, 0.708}, {1, 0.465}};
  for (const auto& [eta, ratio] : stated) EXPECT_NEAR(recursion(levels, eta), ratio, 0.002) << eta;
  EXPECT_NEAR(recursion(geometric_levels(10, 0.01, 20), 0.85), 0.638, 0.002);
  EXPECT_NEAR(recursion(geometric_levels(10, 0.01, 100), 0.85), 0.732, 0.002);
  EXPECT_NEAR(recursion(geometric_levels(10, 0.01, 1000), 0.85), 0.755, 0.002);
}

TEST_F(Gaussian, DdsHasTheVarianceOfTheRecursionWhereNothingWasMeasured) {
  for (const double eta : {0.0, 0.15, 0.5, 0.85, 1.0}) {
    const double found = null_variance(50, eta, 600);
    RecordProperty("null_variance_eta_" + std::to_string(eta), std::to_string(found));
    EXPECT_NEAR(found, recursion(geometric_levels(10, 0.01, 50), eta), 0.02) << eta;
  }
  for (const int count : {20, 100})
    EXPECT_NEAR(null_variance(count, 0.85, 600), recursion(geometric_levels(10, 0.01, count), 0.85), 0.02) << count;
}

TEST_F(Gaussian, DdsOfComplexImagesExplainsTheLinesThatWereMeasured) {
  iso::compute::CoilFourier mri{.image = {16, 16, 8}};
  mri.mask = iso::mri::make_mask(16, 8, 1, {.acceleration = 2, .centre_lines = 4});
  const auto a = of_complex(backend->make(mri));
  Array y = backend->allocate(a->range(), *stream);
  a->forward(backend->upload(white({32, 16, 8}, 7, deviation), *stream), y, *stream);
  const DataTerm data{a, y, 0, *stream};
  const SlicePrior prior{iso::models::gaussian_denoiser(0, deviation), 4, 2};
  const PosteriorProblem problem{data, prior, SliceNoise{3, 0}};
  Dds sampler{problem, {geometric_levels(10, 0.01, 50), 0.85, 0, {20, 0.0257, 0}}};
  iso::solvers::Progress progress;
  const Ensemble found = run(sampler, problem, {}, progress);
  EXPECT_LT(found.misfit, 1e-3) << "relative residual";
  Array rest = measured_part(data, found.mean);
  backend->vector().axpby(1, found.mean, -1, rest, *stream);
  constexpr int not_measured = 32 * 16 * 8 / 2;
  const double energy = std::pow(backend->vector().norm2(rest, *stream), 2) / not_measured;
  EXPECT_NEAR(energy / (deviation * deviation), 0.708, 0.07) << "half of the values were not measured";
}

TEST_F(Gaussian, SamplesDoNotDependOnTheBatchAndGoOnToTheSameBits) {
  const auto a = two_views(9, *backend);
  const DataTerm data{a, backend->upload(white(a->range().shape, 3, 0.2), *stream), 0.05, *stream};
  const auto denoiser =
      mixture_denoiser({{0.7, filled({edge, edge}, 0.4F), 0.1}, {0.3, filled({edge, edge}, 0.2F), 0.2}});
  std::vector<std::vector<float>> results;
  std::optional<iso::Checkpoint> kept;
  for (const auto& [batch, keep, resume] :
       {std::tuple{1, 0, false}, std::tuple{8, 0, false}, std::tuple{8, 17, false}, std::tuple{8, 0, true}}) {
    const SlicePrior prior{denoiser, batch};
    const PosteriorProblem problem{data, prior, SliceNoise{5, 2}};
    Dds sampler{problem, {power_levels(10, 0.01, 10), 0.85, 0.1, {5, 0.0257, 1e-4}}};
    Keeper progress{keep, resume ? &*kept : nullptr};
    const Ensemble found = run(sampler, problem, {3, true, {}}, progress);
    if (keep > 0) kept = progress.kept;
    results.push_back(to_values(found.mean));
    const auto spread = to_values(found.spread);
    results.back().insert(results.back().end(), spread.begin(), spread.end());
    ASSERT_EQ(found.samples.size(), 3U);
    EXPECT_FALSE(std::ranges::equal(found.samples[0].values<float>(), found.samples[1].values<float>()));
  }
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->iteration, 17);
  for (const auto& result : results) EXPECT_EQ(result, results.front());
}

TEST_F(Gaussian, StoppedRunEndsAsCancelled) {
  std::stop_source stop;
  const auto stopped = backend->make_stream(stop.get_token());
  const auto a = two_views(4, *backend);
  const DataTerm data{a, backend->allocate(a->range(), *stopped), 0, *stopped};
  const SlicePrior prior{iso::models::gaussian_denoiser(0, 1), 1};
  const PosteriorProblem problem{data, prior, SliceNoise{5, 0}};
  Dds sampler{problem, {power_levels(10, 0.01, 10), 0.85, 0, {}}};
  sampler.begin(0);
  int parts = 0;
  try {
    sampler.step(0, [&](double) {
      if (++parts == 2) stop.request_stop();
    });
    ADD_FAILURE() << "the step went on";
  } catch (const iso::Error& error) {
    EXPECT_EQ(error.code(), iso::Errc::cancelled);
  }
  EXPECT_EQ(parts, 2) << "the slice after the stop was not begun";
}

TEST_F(Gaussian, PriorThatGivesNoNumbersIsAnError) {
  class Broken final : public iso::models::Denoiser {
    [[nodiscard]] Pixels do_denoise(const Pixels& noisy, double, const std::stop_token&) const override {
      return filled(noisy.spec().shape, NAN);
    }
  };
  const SlicePrior prior{std::make_shared<Broken>(), 1};
  try {
    (void)prior.denoise(filled({edge, edge, 2}, 1), 0.1);
    ADD_FAILURE();
  } catch (const iso::Error& error) {
    EXPECT_EQ(error.code(), iso::Errc::invalid_result);
  }
}

TEST_F(Gaussian, TotalVariationAsAPriorSmoothsAndKeepsTheMean) {
  const auto denoiser = total_variation_denoiser(100);
  PixelBuffer step = PixelBuffer::make_copy(white({32, 32, 1, 1}, 5, 0.1));
  for (std::size_t i = 0; i < 1024; ++i) step.values<float>()[i] += i % 32 < 16 ? 0.0F : 1.0F;
  const Pixels noisy{std::move(step)}, clean = denoiser->denoise(noisy, 0.1);
  double before = 0, after = 0, sum = 0;
  for (std::size_t i = 0; i < 1024; ++i) {
    const double truth = i % 32 < 16 ? 0 : 1;
    before += std::pow(noisy.values<float>()[i] - truth, 2);
    after += std::pow(clean.values<float>()[i] - truth, 2);
    sum += double{clean.values<float>()[i]} - double{noisy.values<float>()[i]};
  }
  EXPECT_LT(after, 0.1 * before);
  EXPECT_NEAR(sum / 1024, 0, 1e-4);
}

}  // namespace
}  // namespace diffusion_recon
