#include "method/certificate.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <iostream>
#include <map>
#include <numbers>
#include <random>

// How often certificates are wrong, by simulation (drs-certification.md, section 10, checks 7 and 8); also the benchmark:
//     build/release/bin/certification_tests --gtest_filter='Coverage.*'
// prints what it measured.
namespace certification {
namespace {

constexpr int repeats = 40000;
constexpr std::int64_t n = 1000;
constexpr double alpha = 0.05;

/// The bound of each number of votes, computed once.
class Bounds {
 public:
  explicit Bounds(double level) : level_{level} {}
  const Share& of(std::int64_t k) {
    const auto found = known_.find(k);
    return found != known_.end() ? found->second : known_.emplace(k, lower_bound(k, n, level_)).first->second;
  }

 private:
  double level_;
  std::map<std::int64_t, Share> known_;
};

struct Wrong {
  double radius{0}, joint{0};
};

Wrong simulate(double left, double right, double level, std::uint64_t seed) {
  std::mt19937_64 random{seed};
  std::binomial_distribution<std::int64_t> l{n, normal_cdf(left)}, r{n, normal_cdf(right)};
  Bounds bounds{level};
  int radius = 0, joint = 0;
  const double truth = std::max(0.0, (left + right) / std::numbers::sqrt2);
  for (int i = 0; i < repeats; ++i) {
    const Share &a = bounds.of(l(random)), &b = bounds.of(r(random));
    const double found = one_vs_rest({normal_quantile(a), 0, 1}, {normal_quantile(b), 0, 1});
    radius += found > truth ? 1 : 0;
    joint += a.p > normal_cdf(left) || b.p > normal_cdf(right) ? 1 : 0;
  }
  return {static_cast<double>(radius) / repeats, static_cast<double>(joint) / repeats};
}

TEST(Coverage, OfRadiiAndJointBoundsIsKept) {
  constexpr std::array<std::array<double, 2>, 4> cases{{{1, 1}, {2, .2}, {1.5, .5}, {2.5, -.5}}};
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Wrong found = simulate(cases[i][0], cases[i][1], joint_level(alpha, 2), 100 + i);
    std::cout << "a = (" << cases[i][0] << ", " << cases[i][1] << "): " << 100 * found.radius << " % of " << repeats
              << " radii too large, " << 100 * found.joint << " % of the pairs of bounds do not hold\n";
    EXPECT_LE(found.radius, alpha);
    EXPECT_LE(found.joint, alpha);
    EXPECT_GT(found.joint, 0.02) << "the bounds are not wasted either";
  }
}

TEST(Coverage, IsLostWhereBothHalvesGetTheWholeError) {
  const Wrong found = simulate(1, 1, alpha, 7);
  std::cout << "with the whole alpha for each half: " << 100 * found.joint << " % of the pairs do not hold\n";
  EXPECT_GT(found.joint, alpha + 0.02);
}

TEST(Coverage, OfTheAnyTimeBoundIsKeptAtEveryDraw) {
  constexpr int runs = 2000, draws = 2000;
  constexpr double p = 0.8;
  std::mt19937_64 random{3};
  std::bernoulli_distribution hit{p};
  int violated = 0, either = 0;
  for (int run = 0; run < runs; ++run) {
    std::int64_t k = 0;
    bool out = false, outside = false;
    double evidence = 0;  // ln of B(k + 1, d - k + 1) / (p^k (1 - p)^(d - k)), by its recursion
    for (int d = 1; d <= draws; ++d) {
      const bool one = hit(random);
      k += one ? 1 : 0;
      evidence +=
          std::log((one ? static_cast<double>(k) : static_cast<double>(d - k)) / (d + 1.0)) - std::log(one ? p : 1 - p);
      const bool excluded = static_cast<double>(k) > p * d && evidence >= std::log(1 / alpha);
      outside = outside || evidence >= std::log(1 / alpha);
      if (excluded != out && !out) {
        EXPECT_GT(lower_bound_any_time(k, d, alpha).p, p - 1e-9);
        out = true;
      }
      if (d % 500 == 0 && !excluded) {
        EXPECT_LE(lower_bound_any_time(k, d, alpha).p, p);
      }
    }
    violated += out ? 1 : 0;
    either += outside ? 1 : 0;
  }
  const double above = static_cast<double>(violated) / runs, rate = static_cast<double>(either) / runs;
  std::cout << "any-time bounds: above the truth at some draw in " << 100 * above << " % of " << runs
            << " runs, on either side in " << 100 * rate << " %\n";
  EXPECT_LE(above, 0.05);
  EXPECT_LE(rate, 0.06);
  EXPECT_GT(rate, 0.005);
}

}  // namespace
}  // namespace certification
