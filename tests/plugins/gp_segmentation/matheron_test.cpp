// Acceptance check 4: paths of the prior, moved through the clicks, have the closed form as their mean and variance. Paths are
// no part of the method; the closed form that it uses is what is tested.
#include "method/posterior.h"

#include <iso/base/random.h>

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numbers>

namespace gp_segmentation {
namespace {

constexpr double length = 0.7;
double rbf(double a, double b) { return std::exp(-(a - b) * (a - b) / (2 * length * length)); }

TEST(Posterior, IsTheMeanAndVarianceOfFourThousandPathsThroughTheClicks) {
  constexpr int paths = 4000, terms = 1024;
  const std::vector<double> clicks{-1, 0.3, 1.5}, values{2, -1, 1.5};
  const std::vector<double> places{-2, -0.4, 0.9, 2.2};
  Matrix k{3};
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) k(i, j) = rbf(clicks[i], clicks[j]);
  const Matrix l = cholesky(k, 1e-10);
  std::array<double, 4> sum{}, square{};
  double worst = 0;
  for (int path = 0; path < paths; ++path) {
    const iso::Philox random{static_cast<std::uint64_t>(path), 21};
    // All places with the same draws.
    std::vector<double> at = clicks, prior(clicks.size() + places.size(), 0);
    at.insert(at.end(), places.begin(), places.end());
    for (std::uint64_t r = 0; r < terms; ++r) {
      const double weight = random.normal(3 * r) * std::sqrt(2.0 / terms),
                   frequency = random.normal(3 * r + 1) / length;
      const double phase = 2 * std::numbers::pi * random.uniform(3 * r + 2);
      for (std::size_t p = 0; p < at.size(); ++p) prior[p] += weight * std::cos(frequency * at[p] + phase);
    }
    std::vector<double> residual;
    for (std::size_t i = 0; i < 3; ++i) residual.push_back(values[i] - prior[i]);
    const std::vector<double> c = solve(l, residual);
    const auto moved = [&](std::size_t p) {
      double f = prior[p];
      for (std::size_t i = 0; i < 3; ++i) f += rbf(at[p], clicks[i]) * c[i];
      return f;
    };
    for (std::size_t i = 0; i < 3; ++i) worst = std::max(worst, std::abs(moved(i) - values[i]));
    for (std::size_t p = 0; p < places.size(); ++p) {
      const double f = moved(clicks.size() + p);
      sum[p] += f / paths, square[p] += f * f / paths;
    }
  }
  EXPECT_LT(worst, 1e-4);
  const std::vector<double> c = solve(l, values);
  for (std::size_t p = 0; p < places.size(); ++p) {
    std::vector<double> to_clicks;
    double mean = 0;
    for (std::size_t i = 0; i < 3; ++i) to_clicks.push_back(rbf(places[p], clicks[i])), mean += to_clicks[i] * c[i];
    const Posterior exact{{}, {}, {1, 1, 1}, l, 0, 0, false};
    EXPECT_NEAR(sum[p], mean, 0.06);
    EXPECT_NEAR(square[p] - sum[p] * sum[p], variance(exact, to_clicks, 1), 0.06);
  }
}

}  // namespace
}  // namespace gp_segmentation
