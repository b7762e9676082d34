#include "support/dense_operator.h"

#include <gtest/gtest.h>
#include <iso/compute/select_part.h>
#include <iso/solvers/separable.h>
#include <iso/solvers/smooth_primal_dual.h>

#include <cmath>

using namespace iso::solvers;
using namespace iso::testing;

namespace {

using iso::compute::Array;

std::shared_ptr<DenseOperator> differences(std::int64_t n) {
  std::vector<double> entries(static_cast<std::size_t>((n - 1) * n), 0.0);
  for (std::int64_t i = 0; i + 1 < n; ++i) {
    entries[static_cast<std::size_t>(i * n + i)] = -1;
    entries[static_cast<std::size_t>(i * n + i + 1)] = 1;
  }
  return dense(n - 1, n, entries);
}

void expect_near(const Array& x, const std::vector<double>& wanted, double tolerance) {
  const auto got = values(x);
  ASSERT_EQ(got.size(), wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], wanted[i], tolerance) << i;
}

// As in convex_test.cpp: both halves of a step move towards each other by lambda / n.
const std::vector<double> step{0, 0, 0, 0, 1, 1, 1, 1};
const double lambda = 0.8;
const std::vector<double> denoised{0.2, 0.2, 0.2, 0.2, 0.8, 0.8, 0.8, 0.8};

/// A matrix without symmetry and its data, for two solvers to agree on.
std::shared_ptr<DenseOperator> some_matrix() {
  std::vector<double> entries;
  for (int i = 0; i < 5 * 8; ++i) entries.push_back(std::sin(1.7 * i + 0.3) / 2);
  return dense(5, 8, entries);
}

}  // namespace

TEST(SmoothPrimalDual, DenoisesAStepAsTheFormulaSays) {
  const auto stream = reference().make_stream();
  const auto a = identity(8);
  for (const double relaxation : {0.7, 1.0, 1.2}) {
    SmoothPrimalDualOptions options;
    options.relaxation = relaxation;
    options.dual_step = 0.3;
    SmoothPrimalDual solver{*a, {{differences(8), l1_norm(lambda)}}, options, *stream};
    Array x = zeros(8);
    solver.start(vector(step), x);
    (void)solver.run({.iterations = 1000});
    expect_near(x, denoised, 1e-6);
    EXPECT_NEAR(solver.measured().back().objective, 0.5 * 8 * 0.04 + lambda * 0.6, 1e-6) << relaxation;
    EXPECT_LT(solver.measured().back().primal, 1e-6);
    EXPECT_LT(solver.measured().back().dual, 1e-6);
  }
}

TEST(SmoothPrimalDual, FindsTheMinimumThatTheSolverWithoutGradientsFinds) {
  const auto stream = reference().make_stream();
  const auto a = some_matrix();
  const Array b = vector({1, -2, 0.5, 3, 1});
  SmoothPrimalDualOptions options;
  options.g = l1_norm(0.05);
  SmoothPrimalDual solver{*a, {{differences(8), l1_norm(0.1)}, {identity(8), box(-1, 1)}}, options, *stream};
  Array x = zeros(8), y = zeros(8);
  solver.start(b, x);
  const auto outcome = solver.run({.iterations = 20000});
  (void)primal_dual({{a, squared_distance(b)}, {differences(8), l1_norm(0.1)}, {identity(8), box(-1, 1)}}, y,
                    {.g = l1_norm(0.05)}, *stream, {.iterations = 20000});
  expect_near(x, values(y), 1e-6);
  EXPECT_LT(outcome.history.back().objective, outcome.history.front().objective);
}

TEST(SmoothPrimalDual, MeasuresTheResidualAsItIs) {
  const auto stream = reference().make_stream();
  const auto a = some_matrix();
  const Array b = vector({1, -2, 0.5, 3, 1});
  SmoothPrimalDual solver{*a, {}, {}, *stream};
  Array x = vector({1, 2, 3, 4, 5, 6, 7, 8});
  Array r = vector({0, 0, 0, 0, 0});
  a->forward(x, r, *stream);
  reference().vector().axpy(-1, b, r, *stream);
  solver.start(b, x);
  EXPECT_NEAR(solver.step().residual, reference().vector().norm2(r, *stream), 1e-12);
}

TEST(SmoothPrimalDual, EndsOnceBothOptimalityResidualsAreSmall) {
  const auto stream = reference().make_stream();
  const auto a = identity(8);
  SmoothPrimalDualOptions options;
  options.tolerance = 1e-5;
  options.dual_step = 0.3;
  SmoothPrimalDual solver{*a, {{differences(8), l1_norm(lambda)}}, options, *stream};
  Array x = zeros(8);
  solver.start(vector(step), x);
  const auto outcome = solver.run({.iterations = 100000});
  EXPECT_EQ(outcome.reason, StopReason::converged);
  EXPECT_LT(outcome.history.size(), 2000u);
  expect_near(x, denoised, 1e-3);
}

// The classic trap: from x = Aᴴ b with A Aᴴ = 1 the gradient of the data is 0, and so is the first change.
TEST(SmoothPrimalDual, DoesNotEndAtAStartThatExplainsTheData) {
  const auto stream = reference().make_stream();
  const auto a = identity(8);
  SmoothPrimalDualOptions options;
  options.tolerance = 1e-6;
  options.dual_step = 0.3;
  SmoothPrimalDual solver{*a, {{differences(8), l1_norm(lambda)}}, options, *stream};
  Array x = vector(step);
  solver.start(vector(step), x);
  (void)solver.run({.iterations = 5000});
  expect_near(x, denoised, 1e-4);
}

TEST(SmoothPrimalDual, HubersFunctionLeavesASpikeOut) {
  const auto stream = reference().make_stream();
  // min over x of sum of Huber(x - b_i) for b = (1, 1, 1, 100), h = 0.3: 3 (x - 1) = 0.3.
  const auto a = dense(4, 1, {1, 1, 1, 1});
  SmoothPrimalDualOptions options;
  options.huber = 0.3;
  SmoothPrimalDual solver{*a, {}, options, *stream};
  Array x = zeros(1);
  solver.start(vector({1, 1, 1, 100}), x);
  (void)solver.run({.iterations = 500});
  EXPECT_NEAR(values(x)[0], 1.1, 1e-6);
  EXPECT_NEAR(solver.measured().back().objective, 3 * 0.005 + 0.3 * 98.9 - 0.045, 1e-6);
}

TEST(SmoothPrimalDual, SeparatesASumIntoItsParts) {
  const auto stream = reference().make_stream();
  const auto& backend = reference();
  const iso::ArraySpec spec{iso::Shape{8}, iso::ScalarType::f64};
  const iso::compute::Space space{{{"image", spec}, {"error", spec}}};
  const auto both = iso::compute::block_row(
      {{"image", iso::compute::identity(spec, backend)}, {"error", iso::compute::identity(spec, backend)}});
  const auto a = iso::compute::compose(identity(8), both);
  SmoothPrimalDualOptions options;
  options.g = separable_sum(space, {nullptr, l1_norm(0.01)});
  options.dual_step = 0.3;
  const auto d = iso::compute::compose(differences(8), iso::compute::select_part(space, "image", backend));
  SmoothPrimalDual solver{*a, {{d, l1_norm(1)}}, options, *stream};
  Array x = zeros(16);
  solver.start(vector({1, 1, 1, 5, 1, 1, 1, 1}), x);
  (void)solver.run({.iterations = 5000});
  const auto found = values(x);
  // The image is flat and the spike is in the error, less what its weight takes.
  for (std::size_t i = 0; i < 8; ++i) EXPECT_NEAR(found[i], found[0], 1e-5);
  EXPECT_NEAR(found[0] + found[11], 5 - 0.01, 1e-4);
}

TEST(SmoothPrimalDual, GoesOnFromACheckpointToTheSameBits) {
  const auto stream = reference().make_stream();
  const auto a = some_matrix();
  const Array b = vector({1, -2, 0.5, 3, 1});
  const std::vector<Term> terms{{differences(8), l1_norm(0.1)}};
  SmoothPrimalDual whole{*a, terms, {}, *stream}, first{*a, terms, {}, *stream}, second{*a, terms, {}, *stream};
  Array x = zeros(8), y = zeros(8), z = zeros(8);
  whole.start(b, x);
  (void)whole.run({.iterations = 37});
  first.start(b, y);
  (void)first.run({.iterations = 15});
  const iso::Checkpoint saved = first.state();
  second.start(b, z, &saved);
  const auto outcome = second.run({.iterations = 37});
  EXPECT_EQ(values(z), values(x));
  EXPECT_EQ(outcome.history.back().objective, whole.history().back().objective);
}

TEST(SmoothPrimalDual, RefusesOptionsAndShapesThatDoNotFit) {
  const auto stream = reference().make_stream();
  const auto a = identity(8);
  const auto refused = [&](SmoothPrimalDualOptions options) {
    EXPECT_THROW((SmoothPrimalDual{*a, {}, options, *stream}), iso::Error);
  };
  refused({.dual_step = 0});
  refused({.relaxation = 2});
  refused({.huber = -1});
  refused({.tolerance = -1});
  refused({.measured_every = 0});
  EXPECT_THROW((SmoothPrimalDual{*a, {{differences(7), l1_norm(1)}}, {}, *stream}), iso::Error);
  EXPECT_THROW((SmoothPrimalDual{*a, {{nullptr, l1_norm(1)}}, {}, *stream}), iso::Error);
}
