#include "method/robust_model.h"

#include "scenes.h"

#include <gtest/gtest.h>
#include <iso/base/random.h>
#include <iso/base/threads.h>

#include <cmath>
#include <optional>

namespace spectral_unmixing {
namespace {

using test::MadeScene;

struct FitCase {
  PixelMatrix<double> data;
  Matrix e;
  std::vector<double> a;
  RobustOptions options;
};

// A random problem of the specification: L 5..40, N 10..200, K 2..6, lambda 1e-3..2, mu 0.1..100, half with negative data.
FitCase random_problem(std::uint64_t seed) {
  const iso::Philox random{seed, 3};
  std::uint64_t at = 0;
  const auto uniform = [&](double low, double high) { return low + (high - low) * random.uniform(at++); };
  const auto bands = static_cast<Eigen::Index>(uniform(5, 40.99)),
             pixels = static_cast<Eigen::Index>(uniform(10, 200.99)), k = static_cast<Eigen::Index>(uniform(2, 6.99));
  Matrix y(bands, pixels);
  const double shift = seed % 2 == 0 ? 0.5 : 0;
  for (Eigen::Index i = 0; i < y.size(); ++i) y.data()[i] = uniform(0, 1) - shift;
  FitCase out;
  out.data = make_pixel_matrix<double>(y);
  out.e.resize(bands, k);
  for (Eigen::Index i = 0; i < out.e.size(); ++i) out.e.data()[i] = uniform(0.01, 1);
  for (Eigen::Index i = 0; i < k * pixels; ++i) out.a.push_back(uniform(0, 1));
  out.options.lambda = std::exp(uniform(std::log(1e-3), std::log(2)));
  out.options.mu = std::exp(uniform(std::log(0.1), std::log(100)));
  out.options.anchor = seed % 3 == 0 ? uniform(0.1, 3) : 0;
  out.options.loss = static_cast<Loss>(seed / 2 % 3);
  out.options.frozen.assign(static_cast<std::size_t>(k), false);
  if (seed % 5 == 0) out.options.frozen[0] = true;
  return out;
}

class RobustModelSteps : public ::testing::TestWithParam<Solver> {};

TEST_P(RobustModelSteps, NeverRaiseTheObjective) {
  int steps = 0;
  double largest = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    FitCase p = random_problem(seed);
    p.options.solver = GetParam();
    RobustModel<double> model{p.data, p.e, p.a, p.options};
    model.set_eta(1e-4);
    double before = model.objective();
    const auto step = [&](const char* name, const std::function<void()>& take) {
      take();
      const double after = model.objective();
      largest = std::max(largest, (after - before) / std::abs(before));
      ASSERT_LE(after, before + 1e-12 * std::abs(before)) << name << ", seed " << seed;
      before = after;
      ++steps;
    };
    for (int t = 0; t < 150 && !HasFatalFailure(); ++t) {
      model.reweigh();
      step("abundances", [&] { model.pass(true, false); });
      step("exponents", [&] { model.pass(false, t >= 10); });
      step("endmembers", [&] { model.update_endmembers(); });
    }
    if (p.options.frozen[0]) {
      EXPECT_EQ((model.endmembers().col(0) - p.e.col(0)).norm(), 0);
    }
  }
  RecordProperty("steps", steps);
  RecordProperty("largest_relative_rise", std::to_string(largest));
}

INSTANTIATE_TEST_SUITE_P(Solvers, RobustModelSteps, ::testing::Values(Solver::hals, Solver::multiplicative));

TEST(RobustModel, FindsTheExponentThatAGridSearchFinds) {
  constexpr Eigen::Index pixels = 300;
  const iso::Philox random{4, 4};
  for (const Eigen::Index k : {2, 3, 5}) {
    FitCase p;
    p.e = Matrix::Constant(6, k, 0.5);
    p.e.diagonal().array() += 0.4;
    Matrix a(k, pixels);
    for (Eigen::Index n = 0; n < pixels; ++n) {
      for (Eigen::Index i = 0; i < k; ++i)
        a(i, n) = std::pow(random.uniform(static_cast<std::uint64_t>(n * k + i)), 1.0 + static_cast<double>(n % 9));
      a.col(n) /= a.col(n).sum();
    }
    a.col(0).setZero();
    a(0, 0) = 1;                                         // pure
    a.col(1).setConstant(1.0 / static_cast<double>(k));  // as mixed as can be
    p.data = make_pixel_matrix<double>(p.e * a);
    for (Eigen::Index i = 0; i < k; ++i)
      for (Eigen::Index n = 0; n < pixels; ++n) p.a.push_back((a(i, n) - 0.1 / static_cast<double>(k)) / 0.9);
    p.a[0] = std::max(p.a[0], 0.0);
    RobustModel<double> model{p.data, p.e, p.a, p.options};
    model.set_eta(1e-4);
    model.pass(false, true);
    const double tau = 0.5 * std::log(static_cast<double>(k));
    for (std::size_t n = 0; n < static_cast<std::size_t>(pixels); ++n) {
      const auto phi = [&](double exponent) {
        double sum = tau * exponent;
        for (std::size_t i = 0; i < static_cast<std::size_t>(k); ++i)
          sum += std::pow(model.abundances()[i * static_cast<std::size_t>(pixels) + n] + 1e-4, exponent);
        return sum;
      };
      double best = 1;
      for (int i = 0; i <= 1000; ++i) {
        const double exponent = 0.3 + 0.7 * i / 1000;
        if (phi(exponent) < phi(best)) best = exponent;
      }
      EXPECT_NEAR(model.exponents()[n], best, 1e-3) << "pixel " << n << " of " << k;
    }
    EXPECT_EQ(model.exponents()[1], 1);
    if (tau >= 0.35) {
      EXPECT_NEAR(model.exponents()[0], 0.3, 0.35);
    }
  }
}

TEST(RobustModel, GoesOnFromACheckpointToTheSameBits) {
  const auto scene = test::make_scene({.noise = 0.01});
  const auto data = make_pixel_matrix<float>(scene.y);
  Matrix start = scene.endmembers;
  start.array() += 0.03;
  const std::vector<float> a(static_cast<std::size_t>(3 * data.pixels), 1.0F / 3);
  RobustModel<float> whole{data, start, a, {}}, first{data, start, a, {}}, second{data, start, a, {}};
  for (int i = 0; i < 40; ++i) whole.iterate();
  for (int i = 0; i < 17; ++i) first.iterate();
  second.restore(first.state());
  for (int i = 17; i < 40; ++i) second.iterate();
  EXPECT_EQ(whole.history(), second.history());
  EXPECT_EQ(whole.abundances(), second.abundances());
  EXPECT_EQ(whole.endmembers(), second.endmembers());
}

TEST(RobustModel, GivesTheSameBitsForAnyNumberOfThreads) {
  const auto scene = test::make_scene({.pixels = 7001, .noise = 0.01});
  const auto data = make_pixel_matrix<float>(scene.y);
  const std::vector<float> a(static_cast<std::size_t>(3 * data.pixels), 1.0F / 3);
  const int before = iso::ThreadBudget::threads();
  std::optional<std::vector<float>> expected;
  for (const int threads : {1, 2, 3}) {
    iso::ThreadBudget::set(threads);
    RobustModel<float> model{data, scene.endmembers, a, {}};
    for (int i = 0; i < 30; ++i) model.iterate();
    if (!expected) expected = model.abundances();
    EXPECT_EQ(*expected, model.abundances()) << threads << " threads";
  }
  iso::ThreadBudget::set(before);
}

TEST(RobustModel, AgreesInSingleAndDoublePrecision) {
  const auto scene = test::make_scene({.noise = 0.01});
  Matrix start = scene.endmembers;
  start.array() += 0.02;
  const auto n = static_cast<std::size_t>(3 * scene.y.cols());
  RobustModel<double> wide{make_pixel_matrix<double>(scene.y), start, std::vector<double>(n, 1.0 / 3), {}};
  RobustModel<float> narrow{make_pixel_matrix<float>(scene.y), start, std::vector<float>(n, 1.0F / 3), {}};
  for (int i = 0; i < 50; ++i) {
    wide.iterate();
    narrow.iterate();
  }
  EXPECT_NEAR(narrow.history().back() / wide.history().back(), 1, 1e-4);
}

TEST(RobustModel, CountsABadBandLinearlyOrHardlyAtAll) {
  auto scene = test::make_scene({.noise = 0.003});
  const iso::Philox random{9, 9};
  for (Eigen::Index n = 0; n < scene.y.cols(); ++n) scene.y(20, n) = random.uniform(static_cast<std::uint64_t>(n));
  const auto data = make_pixel_matrix<float>(scene.y);
  const std::vector<float> a(static_cast<std::size_t>(3 * data.pixels), 1.0F / 3);
  const auto weigh = [&](Loss loss) {
    RobustOptions options;
    options.loss = loss;
    RobustModel<float> model{data, scene.endmembers, a, options};
    for (int i = 0; i < 60; ++i) model.iterate();
    return model.band_weights()[20];
  };
  EXPECT_EQ(weigh(Loss::frobenius), 1);
  EXPECT_LT(weigh(Loss::l21), 0.1);
  EXPECT_LT(weigh(Loss::log), 0.005);
}

}  // namespace
}  // namespace spectral_unmixing
