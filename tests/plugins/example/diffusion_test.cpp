#include "method/diffusion.h"

#include "iso/base/random.h"
#include "iso/base/threads.h"
#include "plugins/example/images.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace example {
namespace {

const auto go_on = [](double, const iso::PixelBuffer&) { return true; };
constexpr double no_edge = 1e6;

TEST(Diffusion, SpreadsAnImpulseToTheVarianceAskedFor) {
  const Image impulse = image_from({63, 63, 1}, [](auto x, auto y, auto) { return x == 31 && y == 31 ? 1.0 : 0.0; });
  const Diffusion options{3, no_edge, {0.5, 1, 1}};
  const iso::Pixels spot = diffuse(impulse, options, go_on);
  double sum = 0, x2 = 0, y2 = 0;
  for (std::int64_t i = 0; i < 63 * 63; ++i) {
    const double value = spot.values<float>()[static_cast<std::size_t>(i)];
    const std::int64_t row = i / 63;
    const double x = 0.5 * static_cast<double>(i % 63 - 31), y = static_cast<double>(row - 31);
    sum += value;
    x2 += value * x * x;
    y2 += value * y * y;
  }
  EXPECT_NEAR(sum, 1, 1e-4);
  EXPECT_NEAR(y2, 9, 0.01);  // exact for the explicit scheme, apart from rounding
  EXPECT_NEAR(x2, 9, 0.05);  // the border at 15.5 mm is five standard deviations away
}

TEST(Diffusion, KeepsTheMeanAndTheRange) {
  const iso::Philox random{5, 0};
  const Image noise = image_from({31, 17, 5}, [&](auto x, auto y, auto z) {
    return random.normal(static_cast<std::uint64_t>(x + 31 * (y + 17 * z)));
  });
  const iso::Pixels smooth = diffuse(noise, {2, 2, {1, 1, 2}}, go_on);
  const auto before = noise.values(), after = smooth.values<float>();
  EXPECT_NEAR(std::accumulate(after.begin(), after.end(), 0.0), std::accumulate(before.begin(), before.end(), 0.0),
              1e-2);
  EXPECT_LE(*std::ranges::max_element(after), *std::ranges::max_element(before));
  EXPECT_GE(*std::ranges::min_element(after), *std::ranges::min_element(before));
  EXPECT_LT(noise_level({smooth, noise.size}), 0.3 * noise_level(noise));
}

TEST(Diffusion, RemovesNoiseAndKeepsAnEdge) {
  const iso::Philox random{6, 0};
  const Image step = image_from({64, 64, 1}, [&](auto x, auto y, auto) {
    return (x < 32 ? 0.0 : 10.0) + 0.2 * random.normal(static_cast<std::uint64_t>(x + 64 * y));
  });
  const iso::Pixels smooth = diffuse(step, {3, 3 * noise_level(step), {1, 1, 1}}, go_on);
  double left = 0, right = 0, squares = 0;
  for (std::int64_t y = 0; y < 64; ++y) {
    left += smooth.values<float>()[static_cast<std::size_t>(64 * y + 31)] / 64.0;
    right += smooth.values<float>()[static_cast<std::size_t>(64 * y + 32)] / 64.0;
    for (std::int64_t x = 8; x < 24; ++x)
      squares += std::pow(smooth.values<float>()[static_cast<std::size_t>(64 * y + x)], 2) / (64.0 * 16);
  }
  EXPECT_GT(right - left, 9.8);
  EXPECT_LT(std::sqrt(squares), 0.05);  // a quarter of the noise that went in
}

TEST(Diffusion, GivesTheSameBitsWithAnyNumberOfThreads) {
  const Image image =
      image_from({40, 40, 3}, [](auto x, auto y, auto z) { return std::sin(0.7 * x) * std::cos(0.3 * y) + z; });
  const int before = iso::ThreadBudget::threads();
  iso::ThreadBudget::set(1);
  const iso::Pixels one = diffuse(image, {1, 1, {1, 1, 1}}, go_on);
  iso::ThreadBudget::set(3);
  const iso::Pixels three = diffuse(image, {1, 1, {1, 1, 1}}, go_on);
  iso::ThreadBudget::set(before);
  EXPECT_TRUE(std::ranges::equal(one.values<float>(), three.values<float>()));
}

TEST(Diffusion, EndsEarlyWhenItsCallerSaysSo) {
  const Image image = image_from({8, 8, 1}, [](auto x, auto, auto) { return x; });
  int steps = 0;
  (void)diffuse(image, {4, 1, {1, 1, 1}}, [&](double, const iso::PixelBuffer&) { return ++steps < 3; });
  EXPECT_EQ(steps, 3);
  EXPECT_GT(make_steps(image.size, {4, 1, {1, 1, 1}}), 3);
}

TEST(NoiseLevel, IsFoundBesideEdges) {
  const iso::Philox random{7, 0};
  const Image image = image_from({128, 128, 1}, [&](auto x, auto y, auto) {
    return (x / 16 % 2 == 0 ? 100.0 : 0.0) + 2 * random.normal(static_cast<std::uint64_t>(x + 128 * y));
  });
  EXPECT_NEAR(noise_level(image), 2, 0.2);
  EXPECT_EQ(noise_level(image_from({9, 9, 1}, [](auto, auto, auto) { return 3; })), 0);
}

TEST(ImageOfAVolume, IsRefusedWhereItIsNone) {
  iso::Volume volume;
  EXPECT_THROW((void)make_image(volume), iso::Error);
  volume.pixels = iso::PixelBuffer::allocate({{2, 2, 2, 2}, iso::ScalarType::f32});
  EXPECT_THROW((void)make_image(volume), iso::Error);
  volume.pixels = iso::PixelBuffer::allocate({{2, 2, 2}, iso::ScalarType::c64});
  EXPECT_THROW((void)make_image(volume), iso::Error);
  volume.pixels = iso::PixelBuffer::allocate({{2, 3}, iso::ScalarType::i16});
  EXPECT_EQ(make_image(volume).size, (std::array<std::int64_t, 3>{2, 3, 1}));
}

}  // namespace
}  // namespace example
