#include "method/abundances.h"
#include "method/simplex_solver.h"

#include "scenes.h"

#include <gtest/gtest.h>
#include <iso/base/random.h>

#include <cmath>

namespace spectral_unmixing {
namespace {

struct Silent {
  iso::solvers::Progress progress;
  Monitor monitor{progress};
};

// The conditions of Karush, Kuhn and Tucker for 1/2 a^T H a - b^T a over a >= 0 (and sum 1).
void expect_optimal(const Matrix& h, const Vector& b, const Vector& a, bool sum_to_one) {
  EXPECT_GE(a.minCoeff(), 0);
  const double scale = b.cwiseAbs().maxCoeff() + h.cwiseAbs().maxCoeff();
  Vector gradient = h * a - b;
  if (sum_to_one) {
    EXPECT_NEAR(a.sum(), 1, 1e-9);
    double multiplier = 0;
    for (Eigen::Index i = 0; i < a.size(); ++i) multiplier += a[i] * gradient[i];
    gradient.array() -= multiplier;
  }
  for (Eigen::Index i = 0; i < a.size(); ++i) {
    if (a[i] > 1e-9)
      EXPECT_NEAR(gradient[i], 0, 1e-7 * scale);
    else
      EXPECT_GE(gradient[i], -1e-7 * scale);
  }
}

TEST(SimplexSolver, FindsTheMinimumThatTheOptimalityConditionsDescribe) {
  for (const Eigen::Index k : {1, 2, 3, 5, 8, 20, 60}) {
    const iso::Philox random{static_cast<std::uint64_t>(k), 5};
    const Eigen::Index bands = k + 10;
    Matrix e(bands, k);
    for (Eigen::Index i = 0; i < e.size(); ++i) e.data()[i] = random.uniform(static_cast<std::uint64_t>(i));
    const Matrix h = e.transpose() * e;
    std::vector<double> rows;
    for (Eigen::Index i = 0; i < k; ++i)
      for (Eigen::Index j = 0; j < k; ++j) rows.push_back(h(i, j));
    for (const bool sum : {false, true}) {
      const SimplexSolver solver{rows, k, sum};
      auto work = solver.make_workspace();
      for (std::uint64_t trial = 0; trial < 50; ++trial) {
        Vector y(bands), a(k);
        for (Eigen::Index i = 0; i < bands; ++i)
          y[i] = 2 * random.normal(10'000 + trial * 1000 + static_cast<std::uint64_t>(i));
        const Vector b = e.transpose() * y;
        solver.solve(b.data(), a.data(), work);
        expect_optimal(h, b, a, sum);
      }
    }
  }
}

TEST(SimplexSolver, TakesTwoEqualSpectraWithoutFailing) {
  const std::vector<double> h{1, 1, 1, 1};
  for (const bool sum : {false, true}) {
    const SimplexSolver solver{h, 2, sum};
    auto work = solver.make_workspace();
    Vector b{{0.7, 0.7}}, a(2);
    solver.solve(b.data(), a.data(), work);
    EXPECT_GE(a.minCoeff(), 0);
    EXPECT_NEAR(a.sum(), sum ? 1 : 0.7, 1e-6);
  }
}

TEST(Inversion, GivesTheTrueAbundancesOfTrueEndmembers) {
  const auto scene = test::make_scene({});
  Silent silent;
  const auto a = invert(make_pixel_matrix<float>(scene.y), scene.endmembers, {}, silent.monitor, 0, 1);
  EXPECT_LT(test::score(scene, scene.endmembers, a).rmse, 1e-5);
}

TEST(Inversion, WithoutTheSumRuleFindsAnyScale) {
  auto scene = test::make_scene({});
  scene.abundances *= 3.5;
  scene.y *= 3.5;
  Silent silent;
  const auto a = invert(make_pixel_matrix<float>(scene.y), scene.endmembers, {false, 0, {}}, silent.monitor, 0, 1);
  EXPECT_LT(test::score(scene, scene.endmembers, a).rmse, 2e-5);
}

TEST(Inversion, WithASparsityLeavesMoreOfALibraryUnused) {
  const auto scene = test::make_scene({.components = 6, .noise = 0.02});
  Silent silent;
  const auto data = make_pixel_matrix<float>(scene.y);
  const auto used = [&](double sparsity) {
    int count = 0;
    for (const float a : invert(data, scene.endmembers, {false, sparsity, {}}, silent.monitor, 0, 1))
      count += a > 1e-4F;
    return count;
  };
  EXPECT_LT(used(0.3), used(0));
}

TEST(Inversion, RefusesSpectraOfAnotherNumberOfBands) {
  Silent silent;
  const auto data = make_pixel_matrix<float>(Matrix::Ones(5, 4));
  try {
    (void)invert(data, Matrix::Ones(4, 2), {}, silent.monitor, 0, 1);
    FAIL();
  } catch (const iso::Error& error) {
    EXPECT_EQ(error.code(), iso::Errc::shape_mismatch);
  }
}

}  // namespace
}  // namespace spectral_unmixing
