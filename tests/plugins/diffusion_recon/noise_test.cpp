#include "method/noise.h"
#include "method/levels.h"

#include "iso/base/error.h"
#include "iso/data/pixels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <stop_token>

// Check G6 of diffusion-mbir.md: the noise that a sampler adds.
namespace diffusion_recon {
namespace {

double correlation(const iso::Pixels& noise, std::size_t distance) {
  const auto values = noise.values<float>();
  double sum = 0;
  for (std::size_t i = distance; i < values.size(); ++i) sum += double{values[i]} * double{values[i - distance]};
  return sum / static_cast<double>(values.size() - distance);
}

TEST(SliceNoise, IsWhiteWithinSlicesAndCorrelatedAlongZ) {
  const iso::Shape shape{64, 64, 96};
  for (const double length : {0.0, 4.0}) {
    const iso::Pixels noise = SliceNoise{5, length}.make(shape, 3);
    EXPECT_NEAR(correlation(noise, 0), 1, 0.01 + 0.01 * length) << length;  // 4: an eighth as many independent values
    EXPECT_NEAR(correlation(noise, 1), 0, 0.02) << length;
    EXPECT_NEAR(correlation(noise, 64), 0, 0.02) << length;
    const std::size_t slice = 64 * 64;
    EXPECT_NEAR(correlation(noise, 4 * slice), length > 0 ? std::exp(-0.5) : 0, 0.02) << length;
    EXPECT_NEAR(correlation(noise, slice), length > 0 ? std::exp(-1.0 / 32) : 0, 0.02) << length;
  }
}

TEST(SliceNoise, HasUnitVarianceInEverySlice) {
  const iso::Shape shape{128, 128, 24};
  const iso::Pixels noise = SliceNoise{6, 4}.make(shape, 0);
  const std::size_t slice = 128 * 128;
  for (std::size_t z = 0; z < 24; ++z) {
    double sum = 0;
    for (std::size_t i = 0; i < slice; ++i) sum += std::pow(double{noise.values<float>()[z * slice + i]}, 2);
    EXPECT_NEAR(sum / slice, 1, 0.05) << "slice " << z;  // four standard errors
  }
}

TEST(SliceNoise, FollowsFromSeedAndFieldAlone) {
  const iso::Shape shape{8, 8, 5};
  const iso::Pixels first = SliceNoise{1, 2}.make(shape, 9), again = SliceNoise{1, 2}.make(shape, 9);
  EXPECT_TRUE(std::ranges::equal(first.values<float>(), again.values<float>()));
  EXPECT_FALSE(std::ranges::equal(first.values<float>(), SliceNoise{1, 2}.make(shape, 10).values<float>()));
  EXPECT_FALSE(std::ranges::equal(first.values<float>(), SliceNoise{2, 2}.make(shape, 9).values<float>()));
  EXPECT_THROW((SliceNoise{1, -1}), iso::Error);
}

TEST(SliceNoise, IsNotMadeToItsEndAfterAStop) {
  std::stop_source stop;
  const SliceNoise noise{1, 4};
  EXPECT_NO_THROW((void)noise.make({8, 8, 4}, 0, stop.get_token()));
  stop.request_stop();
  for (const bool white : {false, true}) {
    try {
      // A field that would take seconds.
      (void)(white ? noise.white({512, 512, 64}, 0, stop.get_token())
                   : noise.make({512, 512, 64}, 0, stop.get_token()));
      ADD_FAILURE() << "the field was made";
    } catch (const iso::Error& error) {
      EXPECT_EQ(error.code(), iso::Errc::cancelled);
    }
  }
}

TEST(NoiseLevels, FallFromTheLargestToTheSmallest) {
  const auto levels = power_levels(20, 0.005, 50);
  ASSERT_EQ(levels.size(), 50U);
  EXPECT_NEAR(levels.front(), 20, 1e-9);
  EXPECT_NEAR(levels.back(), 0.005, 1e-9);
  EXPECT_TRUE(std::ranges::is_sorted(levels, std::greater{}));
  const auto ratios = geometric_levels(378, 0.01, 2000);
  EXPECT_NEAR(ratios[1] / ratios[0], ratios[1000] / ratios[999], 1e-9);
  EXPECT_THROW((void)power_levels(1, 2, 5), iso::Error);
  EXPECT_THROW((void)power_levels(1, 0, 5), iso::Error);
}

}  // namespace
}  // namespace diffusion_recon
