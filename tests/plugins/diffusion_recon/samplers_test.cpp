#include "support.h"

#include "method/dds.h"
#include "method/dpm_ot.h"
#include "method/gdp.h"
#include "method/levels.h"
#include "method/priors.h"
#include "method/red_diff.h"
#include "method/score_dvi.h"

#include "iso/compute/operators.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

// The checks of diffusion-priors.md, method by method, on priors that are known in closed form.
namespace diffusion_recon {
namespace {

using namespace test;

double psnr(std::span<const float> x, std::span<const float> truth) {
  double squares = 0;
  for (std::size_t i = 0; i < x.size(); ++i) squares += std::pow(double{x[i]} - double{truth[i]}, 2);
  return -10 * std::log10(squares / static_cast<double>(x.size()));
}

/// Moments of pairs.
struct Pairs {
  double n{0}, x{0}, y{0}, xx{0}, yy{0}, xy{0};
  void add(double one, double other) {
    n += 1;
    x += one;
    y += other;
    xx += one * one;
    yy += other * other;
    xy += one * other;
  }
  [[nodiscard]] double slope() const { return (n * xy - x * y) / (n * xx - x * x); }
  [[nodiscard]] double correlation() const { return (n * xy - x * y) / std::sqrt((n * xx - x * x) * (n * yy - y * y)); }
};

class Samplers : public testing::Test {
 protected:
  /// y = identity times images of the normal prior, N(0.4, 0.1²), with noise.
  Pixels images(const Shape& shape, std::uint64_t seed) const {
    PixelBuffer out = PixelBuffer::make_copy(white(shape, seed, 0.1));
    for (float& value : out.values<float>()) value += 0.4F;
    return out;
  }
  DataTerm direct(const Pixels& y, double noise) const {
    return {iso::compute::identity(y.spec(), *backend), backend->upload(y, *stream), noise, *stream};
  }
  std::vector<float> result(Sampler& sampler, const PosteriorProblem& problem) const {
    iso::solvers::Progress progress;
    return to_values(run(sampler, problem, {}, progress).mean);
  }
  std::unique_ptr<iso::compute::Backend> backend = iso::gpu::make_cpu_backend();
  std::unique_ptr<iso::compute::Stream> stream = backend->make_stream();
  const SlicePrior normal{iso::models::gaussian_denoiser(0.4, 0.1), 16};
};

// RED-diff, (a): the gradient of the prior term at mu, mean over draws, is (1 - g)(mu - m), g = s² / (s² + sigma²).
TEST_F(Samplers, RedDiffAtFixedNoiseEndsAtTheProximalPointOfTheDenoiser) {
  const Pixels y = images({16, 16, 4}, 3);
  const DataTerm data = direct(y, 0);
  const PosteriorProblem problem{data, normal, SliceNoise{3, 0}};
  // (c): A = I and 4000 levels so alike that sigma is fixed: the mean over the last ones is the fixed point.
  std::vector<double> levels;
  for (int i = 0; i < 400; ++i) levels.push_back(0.2 * (1 - 1e-9 * i));
  RedDiff sampler{problem, {levels, 100, 1, 20, 20, {}}};
  sampler.begin(0);
  std::vector<double> mean(y.values<float>().size(), 0.0);
  for (int step = 0; step < 400; ++step) {
    sampler.step(step, [](double) {});
    if (step < 100) continue;
    const auto now = to_values(sampler.image());
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += now[i] / 300.0;
  }
  // (1 + l) mu = y + l (m + g (mu - m)), l = 100 * 1e-4 / 0.01 = 1, g = 0.01 / 0.05
  const double l = 1, g = 0.2;
  double error = 0;
  for (std::size_t i = 0; i < mean.size(); ++i) {
    const double fixed = (y.values<float>()[i] + l * (1 - g) * 0.4) / (1 + l - l * g);
    error += std::pow(mean[i] - fixed, 2);
  }
  // Each step adds l g sigma z / (1 + l) and keeps l g / (1 + l) of the last deviation.
  const double one = 0.02 / std::sqrt(1 - 0.01), standard = one * std::sqrt((1 + 0.1) / (1 - 0.1) / 300);
  EXPECT_LT(std::sqrt(error / static_cast<double>(mean.size())), 3 * standard);
}

TEST_F(Samplers, RedDiffRefusesLevelsThatRiseAndNoWeight) {
  const DataTerm data = direct(images({8, 8, 1}, 3), 0);
  const PosteriorProblem problem{data, normal, SliceNoise{3, 0}};
  EXPECT_THROW((RedDiff{problem, {{0.1, 0.2}, 1, 1, 5, 20, {}}}), iso::Error);
  EXPECT_THROW((RedDiff{problem, {{0.2, 0.1}, 0, 1, 5, 20, {}}}), iso::Error);
}

// PFGM++, (a): the variance is D / (D - 2).
TEST_F(Samplers, HeavyTailsHaveTheVarianceOfTheStudentLaw) {
  for (const int degrees : {16, 64, 128, 2048}) {
    const SliceNoise noise{9, 0, degrees};
    double sum = 0, squares = 0;
    constexpr int draws = 40000;
    for (std::uint64_t sample = 0; sample < draws; ++sample) {
      const double tail2 = std::pow(noise.tail(sample), 2);
      sum += tail2;
      squares += tail2 * tail2;
    }
    const double mean = sum / draws, error = std::sqrt((squares / draws - mean * mean) / draws);
    EXPECT_NEAR(mean, degrees / (degrees - 2.0), 4 * error) << degrees;
    EXPECT_LT(error, 0.004) << degrees;
  }
  EXPECT_EQ((SliceNoise{9, 0}.tail(3)), 1);
  EXPECT_THROW((SliceNoise{9, 0, 2}), iso::Error);
  EXPECT_THROW((SliceNoise{9, 0, -5}), iso::Error);
}

// (b): radii as the publication draws them, r = sqrt(D) sqrt(b / (1 - b)) with b of a Beta law, by another generator.
TEST_F(Samplers, HeavyTailsHaveTheRadiiOfThePublication) {
  constexpr int degrees = 64, size = 64, draws = 4000;
  const SliceNoise noise{10, 0, degrees};
  std::mt19937_64 random{4};
  std::gamma_distribution<double> upper{size / 2.0, 1}, lower{degrees / 2.0, 1};
  std::vector<double> ours, theirs;
  for (std::uint64_t sample = 0; sample < draws; ++sample) {
    const Pixels field = noise.make({8, 8, 1}, sample << 32U);
    double squares = 0;
    for (const float value : field.values<float>()) squares += double{value} * double{value};
    ours.push_back(noise.tail(sample) * std::sqrt(squares));
    const double a = upper(random), b = a / (a + lower(random));
    theirs.push_back(std::sqrt(degrees * b / (1 - b)));
  }
  std::ranges::sort(ours);
  std::ranges::sort(theirs);
  double most = 0;  // distance of the two distributions, after Kolmogorov and Smirnov
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const auto below = std::ranges::upper_bound(theirs, ours[i]) - theirs.begin();
    most = std::max(most, std::abs(static_cast<double>(below) - static_cast<double>(i + 1)) / draws);
  }
  EXPECT_LT(most, 1.63 * std::sqrt(2.0 / draws)) << "p = 0.01";
}

/// Gains of 16 views in 0.8 to 1.25 with a mean of 1.
std::vector<double> wrong_gains() {
  const iso::Philox random{12, 0};
  std::vector<double> gains;
  for (std::uint64_t i = 0; i < 16; ++i) gains.push_back(0.8 + 0.45 * random.uniform(i));
  const double mean = std::accumulate(gains.begin(), gains.end(), 0.0) / 16;
  for (double& gain : gains) gain /= mean;
  return gains;
}

Pixels times(const Pixels& x, const std::vector<double>& gains, std::uint64_t seed, double noise) {
  PixelBuffer out = PixelBuffer::make_copy(x);
  const Pixels random = white(x.spec().shape, seed, noise);
  const std::size_t each = x.values<float>().size() / gains.size();
  for (std::size_t i = 0; i < x.values<float>().size(); ++i)
    out.values<float>()[i] =
        static_cast<float>(gains[i / each] * double{x.values<float>()[i]} + double{random.values<float>()[i]});
  return out;
}

// GDP, (a) and (b).
TEST_F(Samplers, GdpFindsTheGainsOfSixteenBlocks) {
  const Pixels truth = images({48, 48, 16}, 5);
  const auto gains = wrong_gains();
  const DataTerm data = direct(times(truth, gains, 6, 0.02), 0.02);
  const PosteriorProblem problem{data, normal, SliceNoise{3, 0}};
  Gdp sampler{problem, {{geometric_levels(10, 0.01, 50), 0.85, 0.1, {}, {}}, Unknown::view_gain, 0.5}};
  (void)result(sampler, problem);
  double error = 0;
  for (std::size_t i = 0; i < 16; ++i) error += std::pow(sampler.calibration().gain[i] - gains[i], 2) / 16;
  EXPECT_LT(std::sqrt(error), 0.02);
  std::cout << "gain rms error " << std::sqrt(error) << '\n';
}

TEST_F(Samplers, GdpCostsNothingWhereTheGainsAreSound) {
  const Pixels truth = images({48, 48, 16}, 5);
  const DataTerm data = direct(times(truth, std::vector<double>(16, 1.0), 6, 0.02), 0.02);
  const PosteriorProblem problem{data, normal, SliceNoise{3, 0}};
  const DdsOptions options{geometric_levels(10, 0.01, 50), 0.85, 0.1, {}, {}};
  Gdp blind{problem, {options, Unknown::view_gain, 0.5}};
  Dds sighted{problem, options};
  const double with = psnr(result(blind, problem), truth.values<float>()),
               without = psnr(result(sighted, problem), truth.values<float>());
  std::cout << "sound gains: " << with << " dB blind, " << without << " dB not\n";
  EXPECT_GT(with, without - 0.1);
  const auto& gain = blind.calibration().gain;
  EXPECT_NEAR(std::accumulate(gain.begin(), gain.end(), 0.0) / 16, 1, 0.005);
  for (const double one : gain) EXPECT_NEAR(one, 1, 0.02);
}

TEST_F(Samplers, CalibrationSolvesItsLeastSquares) {
  const Shape shape{50, 2, 3};
  const Pixels p = images(shape, 8);
  PixelBuffer gained = PixelBuffer::make_copy(p), moved = PixelBuffer::make_copy(p);
  for (std::size_t i = 0; i < 300; ++i) {
    const double view = static_cast<double>(i / 100) - 1;
    gained.values<float>()[i] = static_cast<float>((1 + 0.1 * view) * double{p.values<float>()[i]});
    moved.values<float>()[i] = static_cast<float>(double{p.values<float>()[i]} + 0.05 * view);
  }
  const auto gains = calibrate(p.values<float>(), gained.values<float>(), shape, Unknown::view_gain);
  const auto offsets = calibrate(p.values<float>(), moved.values<float>(), shape, Unknown::view_offset);
  for (std::size_t v = 0; v < 3; ++v) {  // a ridge of 1e-3
    EXPECT_NEAR(gains.gain[v], 1 + 0.1 * (static_cast<double>(v) - 1), 2e-4) << v;
    EXPECT_NEAR(offsets.offset[v], 0.05 * (static_cast<double>(v) - 1), 1e-4) << v;
  }
  EXPECT_EQ(offsets.gain, std::vector<double>(3, 1.0));
  EXPECT_EQ(gains.offset, std::vector<double>(3, 0.0));
  EXPECT_THROW((void)calibrate(p.values<float>().first(10), moved.values<float>(), shape, Unknown::view_gain),
               iso::Error);
}

// DPM-OT: what is remembered is told.
TEST_F(Samplers, AStartFromAnAtlasSaysHowNearItsNearestImageIs) {
  const Pixels atlas = images({16, 16, 20}, 5);
  const DataTerm data = direct(images({16, 16, 3}, 6), 0.02);
  const PosteriorProblem problem{data, normal, SliceNoise{3, 0}};
  const DdsOptions options{{0.3, 0.1, 0.02}, 0.85, 0.1, {}, {}};
  DpmOt sampler{problem, {options, atlas, 1}};
  const auto x = result(sampler, problem);
  double nearest = 1e9;
  for (std::size_t z = 0; z < 3; ++z)
    for (std::size_t k = 0; k < 20; ++k) {
      double squares = 0;
      for (std::size_t i = 0; i < 256; ++i) squares += std::pow(x[z * 256 + i] - atlas.values<float>()[k * 256 + i], 2);
      nearest = std::min(nearest, std::sqrt(squares / 256));
    }
  EXPECT_STREQ(sampler.figures()[0].name, "nearest_atlas_distance");
  EXPECT_NEAR(sampler.figures()[0].value, nearest / 0.15, 1e-6);
  EXPECT_GT(sampler.figures()[0].value, 0.5);
  // Readings of an image of the atlas itself: it is found, and remembered.
  PixelBuffer copy = PixelBuffer::allocate({Shape{16, 16, 1}, ScalarType::f32});
  std::ranges::copy(atlas.values<float>().subspan(7 * 256, 256), copy.values<float>().begin());
  const DataTerm same = direct(Pixels{std::move(copy)}, 0.02);
  const PosteriorProblem known{same, normal, SliceNoise{3, 0}};
  DpmOt remembering{known, {{{0.05, 0.02}, 0.85, 0.1, {}, {}}, atlas, 1}};
  (void)result(remembering, known);
  EXPECT_LT(remembering.figures()[0].value, 1);
}

TEST_F(Samplers, AnAtlasOfAnotherSizeIsRefused) {
  const DataTerm data = direct(images({16, 16, 3}, 6), 0.02);
  const PosteriorProblem problem{data, normal, SliceNoise{3, 0}};
  EXPECT_THROW((DpmOt{problem, {{{0.3, 0.1}, 0.85, 0.1, {}, {}}, images({8, 8, 3}, 1), 1}}), iso::Error);
  EXPECT_THROW((DpmOt{problem, {{{0.3, 0.1}, 0.85, 0.1, {}, {}}, {}, 1}}), iso::Error);
}

// ScoreDVI, (a): constant noise of 0.05, begun from twice its variance.
TEST_F(Samplers, AdaptiveNoiseFindsConstantNoise) {
  const Pixels truth = images({256, 256, 1}, 15);
  PixelBuffer noisy = PixelBuffer::make_copy(white({256, 256, 1}, 16, 0.05));
  for (std::size_t i = 0; i < noisy.values<float>().size(); ++i) noisy.values<float>()[i] += truth.values<float>()[i];
  const Pixels y{std::move(noisy)};
  const DataTerm data = direct(y, 0);
  const PosteriorProblem problem{data, normal, SliceNoise{3, 0}};
  ScoreDvi sampler{problem, {0.0707, 8, 100, 8}};
  const auto x = result(sampler, problem);
  double v = 0;
  const Pixels map = sampler.noise_map();
  for (const float value : map.values<float>()) v += double{value} * double{value} / (256.0 * 256);
  const Pixels best = iso::models::gaussian_denoiser(0.4, 0.1)->denoise(y.reshaped({256, 256, 1, 1}), 0.05);
  const double loss = psnr(best.values<float>(), truth.values<float>()) - psnr(x, truth.values<float>());
  std::cout << "constant noise: v " << v << " (0.0025), loss " << loss << " dB\n";
  EXPECT_NEAR(v, 0.0025, 0.00025);
  EXPECT_LT(loss, 0.05);
  double p = 0;
  const Pixels deviation = sampler.deviation_map();
  for (const float value : deviation.values<float>()) p += double{value} * double{value} / (256.0 * 256);
  EXPECT_NEAR(p, 0.01 * 0.0025 / 0.0125, 0.0003) << "Tweedie's variance";
}

// (b): noise that rises from 0.02 to 0.10 over the image.
TEST_F(Samplers, AdaptiveNoiseFindsARampAndBeatsOneVariance) {
  const Pixels truth = images({256, 256, 1}, 15);
  PixelBuffer noisy = PixelBuffer::make_copy(white({256, 256, 1}, 16));
  const auto sigma = [](std::size_t i) { return 0.02 + 0.08 * static_cast<double>(i % 256) / 255; };
  for (std::size_t i = 0; i < noisy.values<float>().size(); ++i)
    noisy.values<float>()[i] =
        static_cast<float>(truth.values<float>()[i] + sigma(i) * double{noisy.values<float>()[i]});
  const Pixels y{std::move(noisy)};
  const DataTerm data = direct(y, 0);
  const PosteriorProblem problem{data, normal, SliceNoise{3, 0}};
  ScoreDvi sampler{problem, {0.06, 8, 100, 8}};
  const auto x = result(sampler, problem);
  const Pixels map = sampler.noise_map();
  Pairs pairs;
  std::vector<float> oracle(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double s = sigma(i), m = map.values<float>()[i];
    pairs.add(s, m);
    oracle[i] = static_cast<float>(0.4 + 0.01 / (0.01 + s * s) * (double{y.values<float>()[i]} - 0.4));
  }
  double best = -1e9;
  for (double s = 0.02; s < 0.1; s += 0.005) {
    const Pixels one = iso::models::gaussian_denoiser(0.4, 0.1)->denoise(y.reshaped({256, 256, 1, 1}), s);
    best = std::max(best, psnr(one.values<float>(), truth.values<float>()));
  }
  const double found = psnr(x, truth.values<float>());
  std::cout << "ramp: correlation " << pairs.correlation() << ", loss " << psnr(oracle, truth.values<float>()) - found
            << " dB, gain over one variance " << found - best << " dB\n";
  EXPECT_GT(pairs.correlation(), 0.97);
  EXPECT_LT(psnr(oracle, truth.values<float>()) - found, 0.1);
  EXPECT_GT(found - best, 0.3);
}

// (d): noise whose variance is proportional to the signal, as counts have it.
TEST_F(Samplers, AdaptiveNoiseFindsTheSlopeOfVarianceAgainstSignal) {
  PixelBuffer mean = PixelBuffer::allocate({Shape{128, 128}, ScalarType::f32});
  for (std::size_t i = 0; i < 128 * 128; ++i) mean.values<float>()[i] = 0.2F + 0.8F * static_cast<float>(i % 128) / 127;
  const Pixels ramp{std::move(mean)};
  const SlicePrior prior{mixture_denoiser({{1, ramp, 0.1}})};
  PixelBuffer noisy = PixelBuffer::make_copy(white({128, 128, 4}, 18, 0.1));
  const Pixels random = white({128, 128, 4}, 19);
  constexpr double slope = 0.01;
  for (std::size_t i = 0; i < noisy.values<float>().size(); ++i) {
    const double signal = ramp.values<float>()[i % (128 * 128)];
    noisy.values<float>()[i] +=
        static_cast<float>(signal + std::sqrt(slope * signal) * double{random.values<float>()[i]});
  }
  const DataTerm data = direct(Pixels{std::move(noisy)}, 0);
  const PosteriorProblem problem{data, prior, SliceNoise{3, 0}};
  ScoreDvi sampler{problem, {0.08, 8, 100, 8}};
  (void)result(sampler, problem);
  const Pixels map = sampler.noise_map();
  Pairs pairs;
  for (std::size_t i = 0; i < map.values<float>().size(); ++i) {
    if (i % 128 < 16 || i % 128 >= 112) continue;  // at its ends the map is flatter by its smoothing
    const double s = ramp.values<float>()[i % (128 * 128)], v = std::pow(map.values<float>()[i], 2);
    pairs.add(s, v);
  }
  std::cout << "slope " << pairs.slope() << " (0.01)\n";
  EXPECT_NEAR(pairs.slope(), slope, 0.1 * slope);
}

TEST_F(Samplers, NoiseOfAnImageIsFoundWhereNeighboursShareIt) {
  PixelBuffer noisy = PixelBuffer::make_copy(white({128, 128, 1}, 20));
  const Pixels raw = white({128, 128, 1}, 20);
  // Mean of two neighbours: deviation 1 / sqrt 2, half correlated with the next pixel.
  for (std::size_t i = 0; i + 1 < noisy.values<float>().size(); ++i)
    noisy.values<float>()[i] = 0.5F * (raw.values<float>()[i] + raw.values<float>()[i + 1]);
  EXPECT_NEAR(image_noise(Pixels{std::move(noisy)}), std::sqrt(0.5), 0.05);
}

TEST_F(Samplers, AdaptiveNoiseTakesImagesAlone) {
  const auto a = two_views(2, *backend);
  const DataTerm data{a, backend->upload(white(a->range().shape, 3), *stream), 0, *stream};
  const PosteriorProblem problem{data, normal, SliceNoise{3, 0}};
  EXPECT_THROW((ScoreDvi{problem, {0.1, 8, 10, 8}}), iso::Error);
  const DataTerm flat = direct(filled({16, 16, 1}, 0.4F), 0);
  const PosteriorProblem clean{flat, normal, SliceNoise{3, 0}};
  EXPECT_THROW((ScoreDvi{clean, {0, 8, 10, 8}}), iso::Error) << "there is no noise";
}

/// What holds for every sampler: a run that was interrupted goes on to the same bits, for any batch.
TEST_F(Samplers, GoOnToTheSameBitsForAnyBatch) {
  const Pixels y = times(images({16, 16, 5}, 5), std::vector<double>(5, 1.0), 6, 0.02);
  const DataTerm data = direct(y, 0.02);
  const std::vector<double> levels = geometric_levels(1, 0.01, 6);
  const DdsOptions options{levels, 0.85, 0.1, {5, 0.0257, 0.001}, {}};
  const std::vector<std::pair<std::string, std::function<std::unique_ptr<Sampler>(const PosteriorProblem&)>>> all{
      {"red_diff",
       [&](const auto& p) {
         return std::make_unique<RedDiff>(p, RedDiffOptions{levels, 1, 1, 5, 20, {}});
       }},
      {"gdp",
       [&](const auto& p) {
         return std::make_unique<Gdp>(p, GdpOptions{options, Unknown::view_offset, 0.5});
       }},
      {"pfgm", [&](const auto& p) { return std::make_unique<Dds>(p, options); }},
      {"dpm_ot",
       [&](const auto& p) {
         return std::make_unique<DpmOt>(p, DpmOtOptions{options, images({16, 16, 9}, 7), 3});
       }},
      {"score_dvi", [&](const auto& p) {
         return std::make_unique<ScoreDvi>(p, ScoreDviOptions{0.02, 5, 10, 4});
       }}};
  for (const auto& [name, make] : all) {
    std::vector<std::vector<float>> results;
    std::optional<iso::Checkpoint> kept;
    for (const auto& [batch, keep, resume] :
         {std::tuple{1, -1, false}, std::tuple{8, -1, false}, std::tuple{8, 9, false}, std::tuple{8, -1, true}}) {
      const SlicePrior prior{iso::models::gaussian_denoiser(0.4, 0.1), batch};
      const PosteriorProblem problem{data, prior, SliceNoise{3, 2, name == "pfgm" ? 64 : 0}};
      const auto sampler = make(problem);
      Keeper progress{keep, resume ? &*kept : nullptr};
      results.push_back(to_values(run(*sampler, problem, {2, true, {}}, progress).mean));
      if (progress.kept) kept = progress.kept;
    }
    ASSERT_TRUE(kept) << name;
    for (const auto& result : results) EXPECT_EQ(result, results.front()) << name;
  }
}

}  // namespace
}  // namespace diffusion_recon
