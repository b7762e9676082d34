#include "method/certificate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <random>

// drs-certification.md, section 10, checks 3 to 6.
namespace certification {
namespace {

Votes votes(std::vector<std::vector<std::int64_t>> count, std::int64_t n) { return {std::move(count), n}; }

double drs(std::int64_t left, std::int64_t right, std::int64_t n) {
  return certify(0, votes({{left, n - left}, {right, n - right}}, n),
                 {Form::one_vs_rest, Bound::fixed, 0.001, {1, 1}, 0})
      .radius;
}
double rs(std::int64_t k, std::int64_t n) {
  return certify(0, votes({{k, n - k}}, n), {Form::one_vs_rest, Bound::fixed, 0.001, {1}, 0}).radius;
}

TEST(Radius, GivesTheNumbersOfTheSpecification) {
  EXPECT_NEAR(drs(99000, 95000, 100000), 2.765192, 1e-6);
  EXPECT_NEAR(drs(9900, 9500, 10000), 2.673550, 1e-6);
  EXPECT_NEAR(drs(990, 600, 1000), 1.470270, 1e-6);
  EXPECT_NEAR(drs(90000, 40000, 100000), 0.705134, 1e-6) << "a half below one half is not clipped";
  EXPECT_NEAR(one_vs_rest({1.2, 0, 0.2}, {0.5, 0, 0.4}), 0.304105, 1e-6);
}

TEST(Radius, IsAtMostThatOfTheTableWhereAllVotesAreForTheAnswer) {
  EXPECT_NEAR(rs(1000, 1000), 2.4633, 1e-4);
  EXPECT_NEAR(rs(10000, 10000), 3.1986, 1e-4);
  EXPECT_NEAR(rs(100000, 100000), 3.8115, 1e-4);
  EXPECT_NEAR(drs(1000, 1000, 1000), 3.4350, 1e-4);
  EXPECT_NEAR(drs(10000, 10000, 10000), 4.4844, 1e-4);
  EXPECT_NEAR(drs(100000, 100000, 100000), 5.3567, 1e-4);
  EXPECT_NEAR(drs(500, 500, 500), 3.0658, 1e-4);
  EXPECT_NEAR(drs(50000, 50000, 50000), 5.1079, 1e-4);
}

Margin margin(double a, double b) { return {normal_quantile(a), normal_quantile(b), 1}; }

TEST(MultiClassRadius, GivesTheNumbersOfTheSpecification) {
  EXPECT_NEAR(multi_class(margin(.9, .1), margin(.8, .2)), 1.501310, 1e-5);
  EXPECT_NEAR(multi_class(margin(.6, .1), margin(.6, .1)), 1.085337, 1e-5);
  EXPECT_NEAR(multi_class(margin(.45, .2), margin(.45, .2)), 0.506260, 1e-5);
  EXPECT_NEAR(multi_class(margin(.9, .05), margin(.4, .3)), 1.157372, 1e-5);
  EXPECT_NEAR(one_vs_rest(margin(.9, 0), margin(.4, 0)), 0.727050, 1e-6);
  EXPECT_EQ(multi_class(margin(.3, .4), margin(.3, .35)), 0) << "no margin, no radius";
}

TEST(MultiClassRadius, IsNeverBelowOneVersusRestForTheSameBounds) {
  std::mt19937_64 random{5};
  std::uniform_real_distribution<double> share{0.02, 0.98}, sigma{0.1, 1};
  for (int i = 0; i < 200; ++i) {
    const double pl = share(random), pr = share(random), sl = sigma(random), sr = sigma(random);
    const Margin l{normal_quantile(pl), normal_quantile(1 - pl), sl},
        r{normal_quantile(pr), normal_quantile(1 - pr), sr};
    EXPECT_GE(multi_class(l, r), one_vs_rest(l, r) - 3e-6) << pl << " " << pr << " " << sl << " " << sr;
    const Margin weaker{l.a, normal_quantile((1 - pl) / 2), sl};
    EXPECT_GE(multi_class(weaker, r), multi_class(l, r) - 1e-9);
  }
}

/// Two linear halves f_s = sign(w_s x_s + b_s): G's boundary is a hyperplane whose distance is known.
struct LinearHalves {
  std::vector<double> wl, wr, xl, xr;
  double bl, br, sigma;
  static double length(const std::vector<double>& v) {
    double sum = 0;
    for (const double x : v) sum += x * x;
    return std::sqrt(sum);
  }
  /// (w x + b) / (sigma |w|) after a shift of `t` along the normal of the boundary, which has the length 1 / sqrt 2 in each half.
  [[nodiscard]] double a(const std::vector<double>& w, const std::vector<double>& x, double b, double t) const {
    double sum = b;
    for (std::size_t i = 0; i < w.size(); ++i) sum += w[i] * (x[i] - t * w[i] / length(w) / std::numbers::sqrt2);
    return sum / (sigma * length(w));
  }
  [[nodiscard]] double left(double t = 0) const { return a(wl, xl, bl, t); }
  [[nodiscard]] double right(double t = 0) const { return a(wr, xr, br, t); }
  [[nodiscard]] bool is_a(double t) const { return normal_cdf(left(t)) + normal_cdf(right(t)) > 1; }
  [[nodiscard]] double distance() const { return sigma * (left() + right()) / std::numbers::sqrt2; }
};

LinearHalves random_halves(std::mt19937_64& random) {
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> scale{0.05, 1};
  LinearHalves h;
  for (auto* const v : {&h.wl, &h.wr, &h.xl, &h.xr})
    for (int i = 0; i < 12; ++i) v->push_back(normal(random));
  h.bl = 2 * normal(random);
  h.br = 2 * normal(random);
  h.sigma = scale(random) + 0.2;
  return h;
}

Margin exact(double a, double sigma) { return {normal_quantile(Share{normal_cdf(a), normal_cdf(-a)}), 0, sigma}; }

TEST(LinearHalvesOfKnownDistance, HaveThatRadius) {
  std::mt19937_64 random{11};
  int tried = 0;
  double worst = 0;
  while (tried < 2000) {
    const LinearHalves h = random_halves(random);
    if (!(h.left() + h.right() > 1e-3) || std::abs(h.left()) > 30 || std::abs(h.right()) > 30) continue;
    ++tried;
    const double radius = one_vs_rest(exact(h.left(), h.sigma), exact(h.right(), h.sigma));
    worst = std::max(worst, std::abs(radius - h.distance()));
    if (std::max(h.left(), h.right()) < 5) {  // beyond, the sum of two shares has no digits left to decide by
      EXPECT_TRUE(h.is_a(0.999 * radius));
      EXPECT_FALSE(h.is_a(1.001 * radius));
    }
  }
  EXPECT_LT(worst, 1e-9);
}

TEST(LinearHalvesOfKnownDistance, ShowThatTheRootOfSquaresIsWrong) {
  std::mt19937_64 random{11};
  int tried = 0, too_large = 0;
  while (tried < 2000) {
    const LinearHalves h = random_halves(random);
    if (!(h.left() + h.right() > 1e-3)) continue;
    ++tried;
    const double squares = std::hypot(std::max(0.0, h.sigma * h.left()), std::max(0.0, h.sigma * h.right()));
    too_large += squares > h.distance() * (1 + 1e-9) ? 1 : 0;
  }
  EXPECT_GT(too_large, 1980) << "sqrt(R_l^2 + R_r^2) exceeds the true distance";
}

TEST(ThreeClassSlabs, HaveTheRadiusOfTheirNearestRival) {
  // A: z < a, B: z > b, sigma 0.5: q(p_A) = a / sigma, q(p_B) = -b / sigma.
  const Margin left{0.3 / 0.5, -0.8 / 0.5, 0.5}, right{0.2 / 0.5, -1.1 / 0.5, 0.5};
  EXPECT_NEAR(multi_class(left, right), 0.830999, 2e-6);
  EXPECT_NEAR(one_vs_rest(left, right), 0.353553, 1e-6);
  // The true distance: the least |t| with share of A equal to share of B, searched on a fine arc.
  double least = 10;
  for (int i = 0; i <= 4000; ++i) {
    const double angle = std::numbers::pi / 2 * i / 4000, c = std::cos(angle), s = std::sin(angle);
    double low = 0, high = 10;
    for (int k = 0; k < 60; ++k) {
      const double r = (low + high) / 2;
      const double left_margin = normal_cdf((0.3 - r * c) / 0.5) - normal_cdf((r * c - 0.8) / 0.5);
      const double right_margin = normal_cdf((0.2 - r * s) / 0.5) - normal_cdf((r * s - 1.1) / 0.5);
      (left_margin + right_margin > 0 ? low : high) = r;
    }
    least = std::min(least, low);
  }
  EXPECT_NEAR(multi_class(left, right), least, 2e-6);
}

TEST(Certificate, AbstainsWhereTheHalvesTogetherDoNotWin) {
  const Rule rule{Form::one_vs_rest, Bound::fixed, 0.001, {0.25, 0.25}, 0};
  const auto found = certify(0, votes({{500, 500}, {510, 490}}, 1000), rule);
  EXPECT_TRUE(found.abstains);
  EXPECT_EQ(found.radius, 0);
}

TEST(Certificate, OfManyClassesCertifiesWhatOneVersusRestCannot) {
  const Votes three = votes({{4500, 2800, 2700}, {4600, 2700, 2700}}, 10000);
  EXPECT_TRUE(certify(0, three, {Form::one_vs_rest, Bound::fixed, 0.001, {0.25, 0.25}, 0}).abstains);
  EXPECT_GT(certify(0, three, {Form::multi_class, Bound::fixed, 0.001, {0.25, 0.25}, 0}).radius, 0.03);
}

TEST(Certificate, IsLowerByTheAllowanceForCutTails) {
  const Votes all = votes({{100000, 0}}, 100000);
  const double without = certify(0, all, {Form::one_vs_rest, Bound::fixed, 0.001, {1}, 0}).radius;
  const double with = certify(0, all, {Form::one_vs_rest, Bound::fixed, 0.001, {1}, 150528}).radius;
  EXPECT_LT(with, without);
  EXPECT_GT(with, without - 0.02);
}

TEST(AnyTimeCertificate, EndsWhenATargetIsReachedOrRuledOut) {
  const Rule rule{Form::one_vs_rest, Bound::any_time, 0.001, {0.25, 0.25}, 0};
  EXPECT_FALSE(rules_out(0.2, 0, votes({{499, 1}, {495, 5}}, 500), rule));
  EXPECT_TRUE(rules_out(0.5, 0, votes({{300, 200}, {310, 190}}, 500), rule));
}

}  // namespace
}  // namespace certification
