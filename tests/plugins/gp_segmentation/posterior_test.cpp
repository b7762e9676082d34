// Acceptance checks 1 to 3, 5 and 7 of the method: numbers that are known exactly.
#include "method/posterior.h"

#include <iso/base/random.h>

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace gp_segmentation {
namespace {

Matrix matrix(std::size_t n, const std::vector<double>& values) {
  Matrix made{n};
  made.values = values;
  return made;
}

struct Known {
  Matrix k;
  Evidence evidence;
  std::vector<double> to_clicks;
  double own;
};

Known case_a() { return {matrix(2, {4, 2, 2, 4}), {{1, -1}, {0, 0}, {1, 1}}, {3.2, 1.2}, 4}; }
Known case_b() {
  return {matrix(3, {4, 3, .4, 3, 4, .8, .4, .8, 4}), {{1, 1, -1}, {-1, -1, -1}, {1, 1, 1}}, {2, 2.4, 1}, 4};
}

double mean_at(const Posterior& posterior, const Known& known, double mu) {
  double sum = mu;
  for (std::size_t i = 0; i < posterior.coefficients.size(); ++i) sum += known.to_clicks[i] * posterior.coefficients[i];
  return sum;
}

TEST(Laplace, OfTwoOppositeClicksIsTheKnownOne) {
  const Known known = case_a();
  const Posterior found = laplace(known.k, known.evidence);
  EXPECT_NEAR(found.latent[0], 0.67483161, 1e-6);
  EXPECT_NEAR(found.latent[1], -0.67483161, 1e-6);
  EXPECT_NEAR(found.coefficients[0], 0.33741581, 1e-6);
  EXPECT_NEAR(found.log_evidence, -1.66108039, 1e-6);
  const double mean = mean_at(found, known, 0), v = variance(found, known.to_clicks, known.own);
  EXPECT_NEAR(mean, 0.67483161, 1e-6);
  EXPECT_NEAR(v, 2.76673521, 1e-6);
  EXPECT_NEAR(probability(found, mean, v), 0.61471674, 1e-6);
  EXPECT_NEAR(probability(found, mean, v), 0.620231, 0.01);  // the integral
}

TEST(Laplace, OfThreeClicksWithAPriorMeanIsTheKnownOne) {
  const Known known = case_b();
  const Posterior found = laplace(known.k, known.evidence);
  const std::vector<double> latent{0.93519749, 0.87090619, -1.42605514};
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(found.latent[i], latent[i], 1e-6);
  EXPECT_NEAR(found.log_evidence, -2.26376842, 1e-6);
  const double mean = mean_at(found, known, -1), v = variance(found, known.to_clicks, known.own);
  EXPECT_NEAR(mean, 0.07818668, 1e-6);
  EXPECT_NEAR(v, 3.11306040, 1e-6);
  EXPECT_NEAR(probability(found, mean, v), 0.51310849, 1e-6);
  EXPECT_LE(found.steps, 9);
}

TEST(ExpectationPropagation, OfTheSameClicksIsTheKnownOne) {
  const Known a = case_a();
  const Posterior found = expectation_propagation(a.k, a.evidence);
  EXPECT_NEAR(found.latent[0], 0.967262, 1e-5);
  EXPECT_NEAR(found.latent[1], -0.967262, 1e-5);
  EXPECT_NEAR(probability(found, mean_at(found, a, 0), variance(found, a.to_clicks, a.own)), 0.697437, 1e-5);
  const Known b = case_b();
  const Posterior second = expectation_propagation(b.k, b.evidence);
  const std::vector<double> latent{1.367272, 1.277445, -1.714953};
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(second.latent[i], latent[i], 1e-5);
  EXPECT_NEAR(probability(second, mean_at(second, b, -1), variance(second, b.to_clicks, b.own)), 0.556879, 1e-5);
}

TEST(ExpectationPropagation, ComesToRestWhereManyClicksContradictOneAnother) {
  const iso::Philox random{4, 0};
  Matrix k{40};
  Evidence evidence;
  for (std::size_t i = 0; i < 40; ++i) {
    evidence.y.push_back(i % 2 == 0 ? 1 : -1), evidence.mu.push_back(-0.5), evidence.weight.push_back(1);
    for (std::size_t j = 0; j < 40; ++j) {
      const double d = (static_cast<double>(i) - static_cast<double>(j)) / 30;
      k(i, j) = 16 * std::exp(-d * d / 2);
    }
  }
  for (std::size_t i = 0; i < 40; ++i) k(i, i) += 1e-9;
  const Posterior found = expectation_propagation(k, evidence);
  for (const double value : found.latent) EXPECT_TRUE(std::isfinite(value));
  EXPECT_LT(found.steps, 200);
}

/// A seeded kernel matrix of n points in three dimensions.
Matrix random_kernel(const iso::Philox& random, std::uint64_t index, std::size_t n) {
  std::vector<double> points(3 * n);
  for (std::size_t i = 0; i < points.size(); ++i) points[i] = random.normal(1000 * index + i);
  Matrix k{n};
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      double d2 = 0;
      for (std::size_t c = 0; c < 3; ++c) d2 += std::pow(points[3 * i + c] - points[3 * j + c], 2);
      k(i, j) = std::exp(-d2 / 2);
    }
  return k;
}

// F_n - f_n = -eps^2 A^-1 r with A = K + eps^2 I, and its norm is at most eps^2 / (lambda_min + eps^2) |r|.
TEST(Posterior, DeviationAtTheClicksIsTheIdentityAndItsBoundInAThousandRandomCases) {
  const iso::Philox random{8, 1};
  double worst = 0;
  for (std::uint64_t index = 0; index < 1000; ++index) {
    const std::size_t n = 2 + index % 15;
    const double eps2 = std::pow(10.0, -1 - static_cast<double>(index % 6));
    const Matrix k = random_kernel(random, index, n);
    std::vector<double> r(n);
    for (std::size_t i = 0; i < n; ++i) r[i] = random.normal(1000 * index + 500 + i);
    const Matrix l = cholesky(k, eps2);
    const std::vector<double> c = solve(l, r);
    double norm = 0, r_norm = 0;
    for (std::size_t i = 0; i < n; ++i) {
      double f = 0;
      for (std::size_t j = 0; j < n; ++j) f += k(i, j) * c[j];
      worst = std::max(worst, std::abs((f - r[i]) + eps2 * c[i]));
      norm += (f - r[i]) * (f - r[i]), r_norm += r[i] * r[i];
    }
    EXPECT_LE(norm, r_norm * (1 + 1e-9)) << index;  // lambda_min of a kernel matrix is at least 0
  }
  RecordProperty("worst", std::to_string(worst));
  EXPECT_LT(worst, 1e-10);
}

TEST(Laplace, FlipsExactlyWithAllLabelsAndThePriorMeanAndDoesNotHeedTheOrder) {
  const iso::Philox random{9, 2};
  const std::size_t n = 12;
  const Matrix k = random_kernel(random, 0, n);
  Evidence e, flipped;
  for (std::size_t i = 0; i < n; ++i) {
    e.y.push_back(random.uniform(i) < 0.5 ? 1 : -1), e.mu.push_back(-0.5), e.weight.push_back(1);
  }
  flipped = e;
  for (std::size_t i = 0; i < n; ++i) flipped.y[i] *= -1, flipped.mu[i] *= -1;
  Matrix turned{n};
  Evidence reversed = e;
  for (std::size_t i = 0; i < n; ++i) {
    reversed.y[i] = e.y[n - 1 - i];
    for (std::size_t j = 0; j < n; ++j) turned(i, j) = k(n - 1 - i, n - 1 - j);
  }
  const Posterior one = laplace(k, e), other = laplace(k, flipped), back = laplace(turned, reversed);
  for (std::size_t i = 0; i < n; ++i) {
    EXPECT_NEAR(one.coefficients[i], -other.coefficients[i], 1e-12);
    EXPECT_NEAR(one.coefficients[i], back.coefficients[n - 1 - i], 1e-10);
  }
}

}  // namespace
}  // namespace gp_segmentation
