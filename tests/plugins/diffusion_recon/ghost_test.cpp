#include "bench.h"

#include "method/dds.h"
#include "method/dpm_ot.h"
#include "method/gdp.h"
#include "method/levels.h"
#include "method/mbir.h"
#include "method/red_diff.h"
#include "method/split_gibbs.h"

#include <gtest/gtest.h>

// The row of every sampler that ships, and its admission. Checks G4 and G5 of diffusion-mbir.md.
namespace diffusion_recon {
namespace {

using namespace test;

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += line + "; ";
  return out;
}

void expect_admitted(const Found& found, Claim claim) { EXPECT_EQ(joined(objections(found, claim)), ""); }

DdsOptions dds_options(double eta, double tau) {
  return {geometric_levels(10, 0.01, 50), eta, tau, {tau > 0 ? 5 : 20, 0.0257, 0}, {}};
}

/// Images of the prior, by random numbers that no sampler draws.
Pixels atlas(std::int64_t images, std::uint64_t seed = 77) {
  PixelBuffer out = PixelBuffer::make_copy(white({edge, edge, images}, seed, ghost_deviation));
  const iso::Philox random{seed + 1000, 0};
  for (std::int64_t k = 0; k < images; ++k) {
    const double sign = random.uniform(static_cast<std::uint64_t>(k)) < 0.7 ? 1 : -1;
    for (std::size_t i = 0; i < area; ++i)
      out.values<float>()[static_cast<std::size_t>(k) * area + i] +=
          static_cast<float>(ghost_middle + sign * ghost_height * ghost(i));
  }
  return out;
}

std::vector<double> from_atlas_levels() {
  auto levels = geometric_levels(0.18, 0.01, 8);
  levels.insert(levels.begin(), 0.3);
  return levels;
}

TEST(Ghost, DdsFindsTheModesAndUnderstatesTheSpread) {
  Bench bench;
  for (const double eta : {0.15, 0.85}) {
    Dds sampler{*bench.problem, dds_options(eta, 0)};
    const Found found = bench.judge(sampler, eta < 0.5 ? "DDS T=50 eta .15 plain" : "DDS T=50 eta .85 plain");
    expect_admitted(found, Claim::sampling);
    EXPECT_NEAR(found.frequency, 0.7, 0.05) << eta;
    EXPECT_LT(found.residual, 0.15) << "the noise is fitted";
    EXPECT_NEAR(found.null_variance, eta < 0.5 ? 0.92 : 0.71, 0.05);
    EXPECT_LT(found.measured_variance, 0.02);
  }
  Dds all_new{*bench.problem, dds_options(1, 0)};
  EXPECT_NEAR(bench.judge(all_new, "DDS T=50 eta 1 plain").null_variance, 0.465, 0.05);
}

TEST(Ghost, DdsThatKnowsTheNoiseLeavesMoreOfIt) {
  Bench bench;
  Dds sampler{*bench.problem, dds_options(0.85, 0.1)};
  const Found found = bench.judge(sampler, "DDS T=50 eta .85 proximal");
  expect_admitted(found, Claim::sampling);
  EXPECT_NEAR(found.frequency, 0.74, 0.05);
  EXPECT_GT(found.residual, 0.4);
  EXPECT_GT(found.measured_variance, 0.2);
}

TEST(Ghost, MbirFindsTheModes) {
  Bench bench;
  Mbir sampler{*bench.problem, {geometric_levels(10, 0.01, 500), 0.16, {1, 0.0257, 0}}};
  const Found found = bench.judge(sampler, "DiffusionMBIR N=500");
  expect_admitted(found, Claim::sampling);
  EXPECT_NEAR(found.frequency, 0.69, 0.05);
  EXPECT_NEAR(found.null_variance, 1.1, 0.1);
  EXPECT_LT(found.measured_variance, 0.15);
}

TEST(Ghost, SplitGibbsSamplesThePosterior) {
  Bench bench;
  SplitGibbs sampler{*bench.problem, {60, 1, 0.03, 0.9, 10, 50, {}}};
  expect_admitted(bench.judge(sampler, "split Gibbs, 60 sweeps"), Claim::posterior);
}

TEST(Ghost, SplitGibbsNeedsNoise) {
  Bench bench{1};
  const DataTerm exact{two_views(1, *bench.backend),
                       bench.backend->allocate(two_views(1, *bench.backend)->range(), *bench.stream), 0, *bench.stream};
  const PosteriorProblem without{exact, *bench.prior, SliceNoise{1, 0}};
  EXPECT_THROW((SplitGibbs{without, {}}), iso::Error);
}

TEST(Ghost, RedDiffIsAnEstimateWithLittleVariance) {
  Bench bench;
  for (const int count : {20, 50}) {
    RedDiff sampler{*bench.problem, {geometric_levels(1, 0.01, count), 1, 1, 5, 20, {}}};
    const Found found = bench.judge(sampler, "RED-diff implicit, " + std::to_string(count) + " levels");
    expect_admitted(found, Claim::estimate);
    EXPECT_NEAR(found.residual, 0.66, 0.1);
    EXPECT_NEAR(found.null_variance, 0.45, 0.06);
    EXPECT_LT(found.mean_error, 0.06);
  }
  RedDiff stiff{*bench.problem, {geometric_levels(1, 0.01, 20), 4, 1, 5, 20, {}}};
  EXPECT_GT(bench.judge(stiff, "RED-diff implicit, 20 levels, lambda0 = 4").residual, 1.0) << "too strong";
}

/// The exact denoiser under heavy-tailed noise: a normal mixture for each of equally likely chi².
class HeavyTailed final : public iso::models::Denoiser {
 public:
  explicit HeavyTailed(int degrees) {
    std::vector<double> draws(20000);
    for (std::size_t i = 0; i < draws.size(); ++i) draws[i] = SliceNoise{123, 0, degrees}.tail(i);
    std::ranges::sort(draws);
    for (std::size_t k = 0; k < 24; ++k) tails_.push_back(draws[(2 * k + 1) * draws.size() / 48]);
  }

 private:
  [[nodiscard]] Pixels do_denoise(const Pixels& noisy, double sigma, const std::stop_token&) const override {
    PixelBuffer out = PixelBuffer::allocate(noisy.spec());
    const auto x = noisy.values<float>();
    for (std::size_t first = 0; first < x.size(); first += area)
      one(x.subspan(first, area), sigma, out.values<float>().subspan(first, area));
    return out;
  }
  void one(std::span<const float> x, double sigma, std::span<float> out) const {
    std::vector<double> logs, variances;
    for (const double tail : tails_)
      for (const double sign : {1.0, -1.0}) {
        const double v = ghost_deviation * ghost_deviation + std::pow(sigma * tail, 2);
        double squares = 0;
        for (std::size_t i = 0; i < area; ++i)
          squares += std::pow(double{x[i]} - ghost_middle - sign * ghost_height * ghost(i), 2);
        logs.push_back(std::log(sign > 0 ? 0.7 : 0.3) - 0.5 * area * std::log(v) - 0.5 * squares / v);
        variances.push_back(v);
      }
    const double most = *std::ranges::max_element(logs);
    double all = 0;
    for (double& value : logs) all += value = std::exp(value - most);
    for (std::size_t i = 0; i < area; ++i) {
      double sum = 0;
      for (std::size_t k = 0; k < logs.size(); ++k) {
        const double mean = ghost_middle + (k % 2 == 0 ? 1 : -1) * ghost_height * ghost(i);
        sum += logs[k] / all * (mean + ghost_deviation * ghost_deviation / variances[k] * (double{x[i]} - mean));
      }
      out[i] = static_cast<float>(sum);
    }
  }
  std::vector<double> tails_;
};

TEST(Ghost, HeavyTailedNoiseFindsTheModesUnderItsOwnDenoiserAndUnderTheNormalOne) {
  for (const int degrees : {16, 128}) {
    for (const bool own : {true, false}) {
      Bench bench{50, 30, degrees, own ? std::make_shared<HeavyTailed>(degrees) : iso::models::DenoiserPtr{}};
      Dds sampler{*bench.problem, dds_options(0.85, 0.1)};
      const Found found = bench.judge(
          sampler, "PFGM++ D=" + std::to_string(degrees) + (own ? ", its denoiser" : ", denoiser of normal noise"));
      expect_admitted(found, Claim::sampling);
      EXPECT_NEAR(found.null_variance, degrees > 100 ? 0.72 : 0.79, 0.08);
    }
  }
}

TEST(Ghost, BlindGainsOfSoundReadingsAdmitTheSampler) {
  for (const auto& [unknown, name] : {std::pair{Unknown::view_gain, "GDP T=50, gains unknown"},
                                      std::pair{Unknown::view_offset, "GDP T=50, offsets unknown"}}) {
    Bench bench;
    Gdp sampler{*bench.problem, {dds_options(0.85, 0.1), unknown, 0.5}};
    const Found found = bench.judge(sampler, name);
    expect_admitted(found, Claim::sampling);
  }
}

TEST(Ghost, AStartFromAnAtlasFindsTheModes) {
  Bench bench{1, 1500};
  DdsOptions options = dds_options(0.85, 0.1);
  options.levels = from_atlas_levels();
  DpmOt sampler{*bench.problem, {options, atlas(200), 5}};
  expect_admitted(bench.judge(sampler, "DPM-OT, drawn by the readings, 200 images, 9 levels"), Claim::sampling);
}

/// The blend of the five images of the atlas that explain the readings best, as the specification has it.
std::vector<double> blend_of_five(const Bench& bench, const Pixels& images, double variance) {
  std::vector<std::pair<double, std::size_t>> logs;
  for (std::size_t k = 0; k * area < images.values<float>().size(); ++k)
    logs.emplace_back(-bench.misfit(images.values<float>().subspan(k * area, area)) / (2 * variance), k);
  std::ranges::sort(logs, std::greater{});
  std::vector<double> out(area, 0.0);
  double all = 0;
  for (std::size_t rank = 0; rank < 5; ++rank) all += std::exp(logs[rank].first - logs[0].first);
  for (std::size_t rank = 0; rank < 5; ++rank)
    for (std::size_t i = 0; i < area; ++i)
      out[i] += std::exp(logs[rank].first - logs[0].first) / all *
                double{images.values<float>()[logs[rank].second * area + i]};
  return out;
}

TEST(Ghost, ABlendOfTheBestImagesOfAnAtlasIsNotAdmitted) {
  Bench bench{400};
  double furthest = 0;
  for (std::uint64_t seed = 77; seed < 83; ++seed) {
    const auto blend = blend_of_five(bench, atlas(200, seed), ghost_noise * ghost_noise + 0.3 * 0.3);
    PixelBuffer start = PixelBuffer::allocate(bench.data->a().domain());
    for (std::size_t i = 0; i < start.values<float>().size(); ++i)
      start.values<float>()[i] = static_cast<float>(blend[i % area]);
    DdsOptions options = dds_options(0.85, 0.1);
    options.levels = from_atlas_levels();
    options.start = bench.backend->upload(Pixels{std::move(start)}, *bench.stream);
    Dds sampler{*bench.problem, options};
    const double frequency = bench.judge(sampler, "DPM-OT, blended, atlas " + std::to_string(seed)).frequency;
    furthest = std::max(furthest, std::abs(frequency - 0.7));
  }
  EXPECT_GT(furthest, 0.15) << "which five images are blended decides the mode, and not the readings";
}

TEST(Ghost, BenchRefusesASamplerThatDoesNotLookAtTheReadings) {
  Bench bench{200};
  DdsOptions options = dds_options(0.85, 0.1);
  options.fit.iterations = 0;
  Dds sampler{*bench.problem, options};
  EXPECT_NE(joined(objections(bench.judge(sampler, "DDS without its data fit"), Claim::sampling)), "");
}

}  // namespace
}  // namespace diffusion_recon
