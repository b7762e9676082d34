#include "method/library_search.h"
#include "method/scores.h"

#include <gtest/gtest.h>
#include <iso/base/error.h>
#include <iso/base/random.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

namespace spectral_unmixing {
namespace {

TEST(Scores, MeasureAnglesThatAreKnown) {
  EXPECT_NEAR(spectral_angle(Vector{{1, 0}}, Vector{{1, 1}}), std::numbers::pi / 4, 1e-12);
  EXPECT_EQ(spectral_angle(Vector{{1, 2, 3}}, Vector{{2, 4, 6}}), 0);
  EXPECT_NEAR(spectral_angle(Vector{{0, 0}}, Vector{{1, 1}}), std::numbers::pi / 2, 1e-12);
  EXPECT_EQ(information_divergence(Vector{{1, 2}}, Vector{{3, 6}}), 0);
  EXPECT_NEAR(information_divergence(Vector{{1, 3}}, Vector{{3, 1}}), std::log(3.0), 1e-12);
}

TEST(Scores, RemoveAStraightContinuum) {
  const std::vector<double> centres{1, 2, 3, 4, 5};
  const Vector spectrum{{1, 1, 3, 4, 5}};
  const Vector removed = continuum_removed(spectrum, centres);
  EXPECT_NEAR(removed[0], 1, 1e-12);
  EXPECT_NEAR(removed[1], 0.5, 1e-12);
  EXPECT_NEAR(removed[4], 1, 1e-12);
}

TEST(Scores, MatchAsTheBestOfAllPermutations) {
  const iso::Philox random{1, 1};
  for (std::uint64_t trial = 0; trial < 30; ++trial) {
    const Eigen::Index rows = 2 + static_cast<Eigen::Index>(trial % 3), columns = 4;
    Matrix costs(rows, columns);
    for (Eigen::Index i = 0; i < costs.size(); ++i)
      costs.data()[i] = random.uniform(100 * trial + static_cast<std::uint64_t>(i));
    const auto cost = [&](const std::vector<std::int64_t>& chosen) {
      double sum = 0;
      for (Eigen::Index i = 0; i < rows; ++i) sum += costs(i, chosen[static_cast<std::size_t>(i)]);
      return sum;
    };
    std::vector<std::int64_t> order(static_cast<std::size_t>(columns));
    std::iota(order.begin(), order.end(), 0);
    double best = 1e9;
    do best = std::min(best, cost(order));
    while (std::ranges::next_permutation(order).found);
    EXPECT_NEAR(cost(match(costs)), best, 1e-12);
  }
}

TEST(Scores, MatchMoreRowsThanColumnsLeavingSomeOut) {
  const Matrix costs{{5, 1}, {1, 5}, {9, 9}};
  EXPECT_EQ(match(costs), (std::vector<std::int64_t>{1, 0, -1}));
}

TEST(LibrarySearch, FindsTheScaledSpectrumFirstAndLeavesMissingBandsOut) {
  Matrix library(6, 3);
  library.col(0) << 1, 2, 5, 4, 5, 6;
  library.col(1) << 6, 5, 4, 2, 4, 1;
  library.col(2) << 1, 4, 1, 4, 1, 4;
  library(2, 1) = std::numeric_limits<double>::quiet_NaN();
  const Vector wanted = 0.3 * Vector{{6, 5, 4, 2, 4, 1}};
  const std::vector<double> centres{1, 2, 3, 4, 5, 6};
  for (const Likeness likeness : {Likeness::angle, Likeness::divergence, Likeness::continuum_angle}) {
    const auto found = search_library(wanted, library, centres, likeness, 10);
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0].spectrum, 1);
    EXPECT_NEAR(found[0].score, 0, 1e-6);
    EXPECT_EQ(found[0].bands, 5);
    EXPECT_NEAR(found[0].margin, found[1].score - found[0].score, 1e-12);
  }
}

TEST(Spillover, IsTheShareInTheChannelsOfTheOthers) {
  Matrix dyes(4, 2);
  dyes.col(0) << 1, 4, 1, 0;
  dyes.col(1) << 0, 1, 2, 1;
  const auto found = spillover(dyes);
  EXPECT_EQ(found.channels, (std::vector<std::int64_t>{1, 2}));
  EXPECT_NEAR(found.matrix(0, 1), 0.25, 1e-12);
  EXPECT_NEAR(found.matrix(1, 0), 0.5, 1e-12);
  EXPECT_THROW((void)spillover(Matrix::Ones(2, 3)), iso::Error);
}

}  // namespace
}  // namespace spectral_unmixing
