#include "method/bounds.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

// Numbers of drs-certification.md, section 10, checks 2 and 8; known values of the incomplete beta function.
namespace certification {
namespace {

constexpr double level = 0.000500125;

TEST(NormalQuantile, TakesTheDistributionBackFromBothTails) {
  for (double x = -8; x <= 8; x += 0.0625) {
    const Share share{normal_cdf(x), normal_cdf(-x)};
    EXPECT_NEAR(normal_quantile(share), x, 1e-12 * std::max(1.0, std::abs(x))) << x;
  }
  EXPECT_NEAR(normal_quantile(Share{1e-300, 1}), -37.0471, 1e-4);
  EXPECT_EQ(normal_quantile(Share{0, 1}), -INFINITY);
  EXPECT_EQ(normal_quantile(Share{1, 0}), INFINITY);
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-13);
}

TEST(IncompleteBeta, HasItsClosedForms) {
  for (const double x : {0.001, 0.2, 0.5, 0.77, 0.999}) {
    EXPECT_NEAR(incomplete_beta(1, 1, x), x, 1e-14);
    EXPECT_NEAR(incomplete_beta(7, 1, x), std::pow(x, 7), 1e-14);
    EXPECT_NEAR(incomplete_beta(1, 5, x), 1 - std::pow(1 - x, 5), 1e-14);
    EXPECT_NEAR(incomplete_beta(3.5, 8.25, x) + incomplete_beta(8.25, 3.5, 1 - x), 1, 1e-13);
  }
}

TEST(ClopperPearson, GivesTheNumbersOfTheSpecification) {
  EXPECT_NEAR(lower_bound(990, 1000, level).p, 0.97493696, 1e-8);
  EXPECT_NEAR(lower_bound(600, 1000, level).p, 0.54791271, 1e-8);
  EXPECT_NEAR(lower_bound(9900, 10000, level).p, 0.98628826, 1e-8);
  EXPECT_NEAR(lower_bound(9500, 10000, level).p, 0.94243342, 1e-8);
  EXPECT_NEAR(lower_bound(99000, 100000, level).p, 0.98892210, 1e-8);
  EXPECT_NEAR(lower_bound(100000, 100000, level).p, 0.99992400, 1e-8);
  EXPECT_EQ(lower_bound(0, 1000, level).p, 0);
  EXPECT_EQ(upper_bound(1000, 1000, level).p, 1);
}

TEST(ClopperPearson, LeavesItsLevelInTheTail) {
  // Pr[X >= k] at the bound is the level: the binomial tail is summed.
  const double p = lower_bound(37, 50, 0.01).p;
  double tail = 0;
  for (int k = 37; k <= 50; ++k)
    tail += std::exp(std::lgamma(51.0) - std::lgamma(k + 1.0) - std::lgamma(51.0 - k) + k * std::log(p) +
                     (50 - k) * std::log1p(-p));
  EXPECT_NEAR(tail, 0.01, 1e-9);
  EXPECT_LE(tail, 0.01);
}

TEST(ClopperPearson, KeepsTheComplementWhereTheShareIsNearOne) {
  const Share all = lower_bound(100000, 100000, level);
  EXPECT_NEAR(all.complement, 1 - std::pow(level, 1e-5), 2e-12);
  const Share nearly = lower_bound(99999, 100000, level);
  EXPECT_NEAR(nearly.p + nearly.complement, 1, 1e-15);
  EXPECT_GT(nearly.complement, all.complement);
}

TEST(AnyTimeBound, GivesTheNumberOfTheSpecificationAndIsLooser) {
  EXPECT_NEAR(lower_bound_any_time(9900, 10000, level).p, 0.98389261, 1e-8);
  for (const int k : {1, 50, 500, 990, 1000}) {
    EXPECT_LT(lower_bound_any_time(k, 1000, level).p, lower_bound(k, 1000, level).p) << k;
    EXPECT_GT(upper_bound_any_time(k, 1000, level).p, static_cast<double>(k) / 1000 - 1e-12) << k;
  }
  EXPECT_EQ(lower_bound_any_time(0, 10, level).p, 0);
  const double p = lower_bound_any_time(1000, 1000, level).p;  // all votes: 1001 p^1000 = alpha
  EXPECT_NEAR(1001 * std::pow(p, 1000) / level, 1, 1e-6);
}

TEST(JointLevel, SharesAnErrorAmongIndependentBounds) {
  EXPECT_NEAR(joint_level(0.001, 2), 0.00050013, 1e-8);
  EXPECT_NEAR(joint_level(0.001, 1), 0.001, 1e-18);
}

TEST(TailAllowance, IsThatOfTheSpecificationForALargeHalf) { EXPECT_NEAR(tail_allowance(75264), 2e-6, 0.1e-6); }

}  // namespace
}  // namespace certification
