#include "iso/evaluation/noise.h"

#include "iso/base/error.h"
#include "iso/base/random.h"
#include "iso/base/threads.h"

#include <gtest/gtest.h>

#include <cmath>

namespace iso::evaluation {
namespace {

Pixels constant(double value, std::int64_t width = 200, std::int64_t height = 100, ScalarType type = ScalarType::f64) {
  PixelBuffer out = PixelBuffer::allocate({Shape{width, 1, height}, ScalarType::f64});
  for (auto& v : out.values<double>()) v = value;
  return Pixels{std::move(out)}.converted(type);
}

struct Moments {
  double mean{0}, variance{0};
};

Moments moments(const Pixels& block) {
  Moments m;
  const auto values = block.values<double>();
  const auto n = static_cast<double>(values.size());
  for (const double v : values) m.mean += v / n;
  for (const double v : values) m.variance += (v - m.mean) * (v - m.mean) / n;
  return m;
}

TEST(NoiseModel, HasTheVarianceItPromises) {
  for (const double electronic : {0.0, 30.0}) {
    const NoiseModel model{1e5, electronic, 3};
    const auto clean = constant(4.0);
    const auto m = moments(add_noise(clean, model));
    const double counts = 1e5 * std::exp(-4.0), expected = 1 / counts + electronic * electronic / counts / counts;
    EXPECT_NEAR(noise_variance(clean, model).values<double>()[7], expected, 1e-12);
    // 20 000 samples: the variance is known to 1 % (one sigma); second-order terms are 1/N = 5e-4.
    EXPECT_NEAR(m.variance / expected, 1, 0.04);
    EXPECT_NEAR(m.mean, 4.0, 4 * std::sqrt(expected / 20000) + expected);
  }
}

TEST(NoiseModel, ExpectedResidualIsTheNormOfTheNoise) {
  const NoiseModel model{5e4, 3.2, 9};
  const auto clean = constant(2.5);
  const auto noisy = add_noise(clean, model);
  double squares = 0;
  for (const double v : noisy.values<double>()) squares += (v - 2.5) * (v - 2.5);
  EXPECT_NEAR(std::sqrt(squares) / expected_residual(clean, model), 1, 0.02);
}

TEST(NoiseModel, SameSeedSameFieldForAnyNumberOfThreads) {
  const auto clean = constant(1.5, 301, 211, ScalarType::f32);
  ThreadBudget::set(1);
  const auto one = add_noise(clean, {1e4, 2, 5});
  ThreadBudget::set(3);
  const auto three = add_noise(clean, {1e4, 2, 5});
  const auto other = add_noise(clean, {1e4, 2, 6});
  const auto a = one.values<float>(), b = three.values<float>(), c = other.values<float>();
  EXPECT_TRUE(std::equal(a.begin(), a.end(), b.begin()));
  EXPECT_FALSE(std::equal(a.begin(), a.end(), c.begin()));
}

TEST(NoiseModel, StarvedReadingsStayFinite) {
  const auto noisy = add_noise(constant(40.0), {1e4, 10, 1});
  for (const double v : noisy.values<double>()) {
    ASSERT_TRUE(std::isfinite(v));
    ASSERT_LE(v, std::log(1e4) + 1e-12);
  }
}

TEST(NoiseModel, RefusesWhatIsNoDoseOrNoReading) {
  EXPECT_THROW((void)add_noise(constant(1), {0.5, 0, 0}), Error);
  EXPECT_THROW((void)add_noise(constant(1), {1e5, -1, 0}), Error);
  EXPECT_THROW((void)add_noise(constant(std::nan("")), {1e5, 0, 0}), Error);
}

}  // namespace
}  // namespace iso::evaluation
