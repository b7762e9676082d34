#include "support/dense_operator.h"

#include <gtest/gtest.h>
#include <iso/solvers/admm.h>
#include <iso/solvers/fista.h>
#include <iso/solvers/primal_dual.h>

#include <cmath>

using namespace iso::solvers;
using namespace iso::testing;

namespace {

using iso::compute::Array;

// Forward differences of n points, without the row of zeros.
std::shared_ptr<DenseOperator> differences(std::int64_t n) {
  std::vector<double> entries(static_cast<std::size_t>((n - 1) * n), 0.0);
  for (std::int64_t i = 0; i + 1 < n; ++i) {
    entries[static_cast<std::size_t>(i * n + i)] = -1;
    entries[static_cast<std::size_t>(i * n + i + 1)] = 1;
  }
  return dense(n - 1, n, entries);
}

void expect_near(const Array& x, const std::vector<double>& wanted, double tolerance, const char* what) {
  const auto got = values(x);
  ASSERT_EQ(got.size(), wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], wanted[i], tolerance) << what << " " << i;
}

// min ½‖x - step‖² + lambda TV(x) for a step of n zeros and n ones: both halves stay flat and move towards each other by lambda / n.
const std::vector<double> step{0, 0, 0, 0, 1, 1, 1, 1};
const double lambda = 0.8;
const std::vector<double> denoised{0.2, 0.2, 0.2, 0.2, 0.8, 0.8, 0.8, 0.8};

}  // namespace

TEST(PrimalDual, DenoisesAStepAsTheFormulaSays) {
  const auto stream = reference().make_stream();
  const std::vector<Term> terms{{identity(8), squared_distance(vector(step))}, {differences(8), l1_norm(lambda)}};
  auto x = zeros(8);
  const auto outcome = primal_dual(terms, x, {}, *stream, {.iterations = 2000});
  expect_near(x, denoised, 1e-6, "one step");
  EXPECT_NEAR(outcome.history.back().objective, 0.5 * 8 * 0.04 + lambda * 0.6, 1e-6);

  PrimalDualOptions diagonal;
  diagonal.diagonal_steps = true;
  auto y = zeros(8);
  (void)primal_dual(terms, y, diagonal, *stream, {.iterations = 2000});
  expect_near(y, denoised, 1e-6, "diagonal steps");
}

TEST(PrimalDual, TheDataTermMayStandInG) {
  const auto stream = reference().make_stream();
  const std::vector<Term> terms{{differences(8), l1_norm(lambda)}};
  auto x = zeros(8);
  (void)primal_dual(terms, x, {.g = squared_distance(vector(step))}, *stream, {.iterations = 2000});
  expect_near(x, denoised, 1e-6, "data in G");
}

TEST(PrimalDual, StaysInsideABallOfTheData) {
  // min ‖x‖₁ with ‖x - (3, 4)‖ <= 1: along the gradient (1, 1)
  const auto stream = reference().make_stream();
  const std::vector<Term> terms{{identity(2), l2_ball(vector({3, 4}), 1)}, {identity(2), l1_norm(1)}};
  auto x = zeros(2);
  const auto outcome = primal_dual(terms, x, {}, *stream, {.iterations = 3000});
  expect_near(x, {3 - std::sqrt(0.5), 4 - std::sqrt(0.5)}, 1e-5, "ball");
  EXPECT_NEAR(outcome.history.back().residual, 1, 1e-5);
  EXPECT_NEAR(outcome.history.back().objective, 7 - std::sqrt(2.0), 1e-5);  // the constraint is no part of it
}

TEST(PrimalDual, ScalingAnOperatorDoesNotChangeTheIterates) {
  const auto stream = reference().make_stream();
  const auto d = differences(8);
  const std::vector<Term> one{{identity(8), squared_distance(vector(step))}, {d, l1_norm(lambda)}};
  const std::vector<Term> other{{identity(8), squared_distance(vector(step))},
                                {iso::compute::scaled(64, d), l1_norm(lambda / 64)}};
  auto x = zeros(8), y = zeros(8);
  (void)primal_dual(one, x, {.norms = {1, 2}}, *stream, {.iterations = 30});
  (void)primal_dual(other, y, {.norms = {1, 128}}, *stream, {.iterations = 30});
  expect_near(x, values(y), 1e-12, "scaled");
}

TEST(PrimalDual, DiagonalStepsMakeBadlyScaledRowsConvergeFaster) {
  const auto stream = reference().make_stream();
  const auto a = dense(3, 2, {100, 0, 0, 0.5, 0.1, 0.1});
  const std::vector<Term> terms{{a, squared_distance(vector({100, 1, 0.3}))}};
  PrimalDualOptions diagonal;
  diagonal.diagonal_steps = true;
  auto fast = zeros(2), slow = zeros(2);
  const double with = primal_dual(terms, fast, diagonal, *stream, {.iterations = 200}).history.back().objective;
  const double without = primal_dual(terms, slow, {}, *stream, {.iterations = 200}).history.back().objective;
  EXPECT_LT(with, 1e-4);
  EXPECT_GT(without, 10 * with);
}

TEST(PrimalDual, AppliesEveryOperatorOncePerIteration) {
  const auto stream = reference().make_stream();
  const auto a = identity(8), d = differences(8);
  const std::vector<Term> terms{{a, squared_distance(vector(step))}, {d, l1_norm(lambda)}};
  auto x = zeros(8);
  (void)primal_dual(terms, x, {.norms = {1, 2}}, *stream, {.iterations = 10});
  EXPECT_EQ(a->forwards, 11);  // and the start
  EXPECT_EQ(a->adjoints, 10);
  EXPECT_EQ(d->forwards, 11);
}

TEST(PrimalDual, RefusesTermsThatDoNotFit) {
  const auto stream = reference().make_stream();
  auto x = zeros(2);
  const std::vector<Term> none, wide{{identity(3), l1_norm(1)}}, ball{{identity(2), l2_ball(zeros(2), 1)}},
      plain{{identity(2), l1_norm(1)}};
  EXPECT_THROW((void)primal_dual(none, x, {}, *stream, {}), iso::Error);
  EXPECT_THROW((void)primal_dual(wide, x, {}, *stream, {}), iso::Error);
  EXPECT_THROW((void)primal_dual(plain, x, {.ratio = 0}, *stream, {}), iso::Error);
  EXPECT_THROW((void)primal_dual(plain, x, {}, *stream, {.residual_target = 1}), iso::Error);
  PrimalDualOptions diagonal;
  diagonal.diagonal_steps = true;
  try {
    (void)primal_dual(ball, x, diagonal, *stream, {});
    FAIL();
  } catch (const iso::Error& error) {
    EXPECT_EQ(error.code(), iso::Errc::unsupported);
  }
}

TEST(Fista, SoftThresholdsAnOrthogonalProblem) {
  // A = 2 I: minimiser of ½(2x - b)² + w|x| is shrink(2b, w) / 4
  const auto stream = reference().make_stream();
  auto x = zeros(3);
  const auto a = dense(3, 3, {2, 0, 0, 0, 2, 0, 0, 0, 2});
  (void)fista(*a, vector({3, -1, 0.2}), l1_norm(1), x, {.norm = 2}, *stream, {.iterations = 5});
  expect_near(x, {1.25, -0.25, 0}, 1e-12, "fista");
  EXPECT_EQ(a->forwards, 5);
  EXPECT_EQ(a->adjoints, 5);
}

TEST(Fista, RestartsWhenMomentumPointsUphill) {
  const auto stream = reference().make_stream();
  const auto a = dense(2, 2, {1, 0, 0, 0.1});
  auto with = zeros(2), without = zeros(2);
  const auto fast = fista(*a, vector({1, 1}), l1_norm(0), with, {.norm = 1}, *stream, {.iterations = 200});
  const auto slow =
      fista(*a, vector({1, 1}), l1_norm(0), without, {.norm = 1, .restart = false}, *stream, {.iterations = 200});
  EXPECT_LT(fast.history.back().objective, 1e-2 * slow.history.back().objective);
}

TEST(Admm, DenoisesAStepAsTheFormulaSays) {
  const auto stream = reference().make_stream();
  for (const double penalty : {0.3, 1.0, 4.0}) {
    auto x = zeros(8);
    const auto outcome = admm(*identity(8), vector(step), *differences(8), l1_norm(lambda), x, {.penalty = penalty},
                              *stream, {.iterations = 400});
    expect_near(x, denoised, 1e-6, "admm");
    EXPECT_NEAR(outcome.history.back().objective, 0.5 * 8 * 0.04 + lambda * 0.6, 1e-6);
  }
}

TEST(Admm, SpendsNoProjectionOnTheStartOfItsInnerIterations) {
  const auto stream = reference().make_stream();
  const auto a = identity(8);
  auto x = zeros(8);
  (void)admm(*a, vector(step), *differences(8), l1_norm(lambda), x, {.inner_iterations = 3}, *stream,
             {.iterations = 10});
  EXPECT_EQ(a->forwards, 30);
  EXPECT_EQ(a->adjoints, 30);
}

TEST(Admm, RefusesWrongOptions) {
  const auto stream = reference().make_stream();
  auto x = zeros(8);
  EXPECT_THROW((void)admm(*identity(8), vector(step), *differences(8), l1_norm(1), x, {.penalty = 0}, *stream, {}),
               iso::Error);
  EXPECT_THROW(
      (void)admm(*identity(8), vector(step), *differences(8), l1_norm(1), x, {.inner_iterations = 0}, *stream, {}),
      iso::Error);
  EXPECT_THROW((void)admm(*identity(8), vector(step), *differences(7), l1_norm(1), x, {}, *stream, {}), iso::Error);
}

TEST(ConvexSolvers, AgreeOnTheMinimiserOfOneProblem) {
  const auto stream = reference().make_stream();
  const auto a = dense(4, 3, {4, 1, 0.5, 1, 3, 1, 0.5, 1, 2, 1, 1, 1});
  const auto b = vector({6, -2, 1, 3});
  // ½‖A x - b‖² + 8‖x‖₁, with and without 0 <= x <= 1
  auto by_fista = zeros(3), by_admm = zeros(3), by_pdhg = zeros(3), by_diagonal = zeros(3);
  (void)fista(*a, b, l1_norm(8), by_fista, {}, *stream, {.iterations = 3000});
  (void)admm(*a, b, *identity(3), l1_norm(8), by_admm, {}, *stream, {.iterations = 3000});
  const std::vector<Term> terms{{a, squared_distance(b)}};
  (void)primal_dual(terms, by_pdhg, {.g = l1_norm(8)}, *stream, {.iterations = 6000});
  PrimalDualOptions diagonal{.g = l1_norm(8)};
  diagonal.diagonal_steps = true;
  (void)primal_dual(terms, by_diagonal, diagonal, *stream, {.iterations = 6000});
  expect_near(by_admm, values(by_fista), 1e-7, "admm");
  expect_near(by_pdhg, values(by_fista), 1e-7, "primal-dual");
  expect_near(by_diagonal, values(by_fista), 1e-7, "diagonal");
  EXPECT_EQ(values(by_fista)[1], 0);  // the problem is one where l1 decides

  by_fista = zeros(3), by_admm = zeros(3), by_pdhg = zeros(3);
  (void)fista(*a, b, box(0, 1), by_fista, {}, *stream, {.iterations = 3000});
  (void)admm(*a, b, *identity(3), l1_norm(0), by_admm, {.box = box(0, 1)}, *stream, {.iterations = 3000});
  (void)primal_dual(terms, by_pdhg, {.g = box(0, 1)}, *stream, {.iterations = 6000});
  expect_near(by_admm, values(by_fista), 1e-7, "admm in a box");
  expect_near(by_pdhg, values(by_fista), 1e-7, "primal-dual in a box");
}
