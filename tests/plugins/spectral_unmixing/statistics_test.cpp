#include "method/statistics.h"
#include "method/component_count.h"

#include "scenes.h"

#include <gtest/gtest.h>
#include <iso/base/random.h>

#include <cmath>

namespace spectral_unmixing {
namespace {

test::Scene five_at_30_db() {
  auto scene = test::make_scene({.bands = 200, .pixels = 10'000, .components = 5});
  const double power = scene.y.squaredNorm() / static_cast<double>(scene.y.size());
  const double deviation = std::sqrt(power / 1000);
  const iso::Philox random{2, 2};
  for (Eigen::Index i = 0; i < scene.y.size(); ++i)
    scene.y.data()[i] += deviation * random.normal(static_cast<std::uint64_t>(i));
  return scene;
}

TEST(ComponentCount, FindsFiveComponentsAt30Decibels) {
  const auto scene = five_at_30_db();
  const auto moments = make_moments(make_pixel_matrix<float>(scene.y));
  EXPECT_EQ(hysime(moments).components, 5);
  EXPECT_NEAR(static_cast<double>(hfc(moments, 1e-4)), 5, 1);
}

TEST(ComponentCount, GivesAHeldOutErrorThatStopsFallingAtTheTruth) {
  const auto scene = five_at_30_db();
  iso::solvers::Progress silent;
  const auto counts = count_components(make_pixel_matrix<float>(scene.y), 10, Monitor{silent});
  ASSERT_EQ(counts.errors.size(), 10U);
  EXPECT_GT(counts.errors[3].held_out, 1.2 * counts.errors[4].held_out);
  EXPECT_GT(counts.errors[9].held_out, 0.97 * counts.errors[4].held_out);
}

TEST(RegressionNoise, IsTheDeviationThatWasAdded) {
  const auto scene = test::make_scene({.bands = 60, .pixels = 5000, .noise = 0.01});
  const auto noise = regression_noise(make_moments(make_pixel_matrix<float>(scene.y)));
  for (Eigen::Index l = 0; l < noise.size(); ++l) EXPECT_NEAR(noise[l], 0.01, 0.0015) << "band " << l;
}

TEST(NormalQuantile, InvertsTheDistribution) {
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-9);
  EXPECT_NEAR(normal_quantile(1e-5), -4.264890793922825, 1e-8);
}

TEST(Screening, KeepsEveryBandOfACleanCube) {
  const auto scene = test::make_scene({.noise = 0.01});
  EXPECT_EQ(screen_bands(make_moments(make_pixel_matrix<float>(scene.y)), 3).kept().size(), 50U);
}

TEST(Screening, LeavesOutNoiseStripesConstantsAndWrongUnits) {
  auto scene = test::make_scene({.noise = 0.005});
  const iso::Philox random{6, 6};
  for (Eigen::Index n = 0; n < scene.y.cols(); ++n) {
    scene.y(7, n) = random.uniform(static_cast<std::uint64_t>(n));
    for (const Eigen::Index band : {15, 16, 30})
      scene.y(band, n) += n % 5 == 0 ? 1 : 0;  // the same stripes in three bands
    scene.y(22, n) = 0;
    scene.y(40, n) *= 100;
  }
  const auto faults = screen_bands(make_moments(make_pixel_matrix<float>(scene.y)), 3).faults;
  EXPECT_EQ(faults[7], BandFault::noise);
  for (const std::size_t band : {15U, 16U, 30U}) EXPECT_NE(faults[band], BandFault::none) << band;
  EXPECT_EQ(faults[22], BandFault::constant);
  EXPECT_EQ(faults[40], BandFault::scale);
  EXPECT_EQ(std::ranges::count(faults, BandFault::none), 44);
}

}  // namespace
}  // namespace spectral_unmixing
