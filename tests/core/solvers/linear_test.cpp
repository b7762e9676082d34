#include "support/dense_operator.h"

#include <gtest/gtest.h>
#include <iso/solvers/algebraic.h>
#include <iso/solvers/conjugate_gradient.h>
#include <iso/solvers/power_iteration.h>

#include <cmath>
#include <limits>

using namespace iso::solvers;
using namespace iso::testing;

namespace {

const std::vector<double> tall{2, 0, 1, 1, 3, 0, 0, 1, 4, 1, 1, 1};  // 4 x 3

void expect_near(const iso::compute::Array& x, const std::vector<double>& wanted, double tolerance) {
  const auto got = values(x);
  ASSERT_EQ(got.size(), wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], wanted[i], tolerance) << i;
}

template <class F>
iso::Errc to_code(F&& f) {
  try {
    f();
  } catch (const iso::Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return iso::Errc::internal;
}

}  // namespace

TEST(Cgls, SolvesLeastSquaresInAsManyStepsAsUnknowns) {
  const auto a = dense(4, 3, tall);
  const auto stream = reference().make_stream();
  const auto b = vector({1, 2, 3, 4});
  auto x = zeros(3);
  const auto outcome = cgls(*a, b, x, {}, *stream, {.iterations = 3});
  auto r = vector({1, 2, 3, 4}), gradient = zeros(3);
  auto ax = zeros(4);
  a->forward(x, ax, *stream);
  reference().vector().axpy(-1, ax, r, *stream);
  a->adjoint(r, gradient, *stream);
  EXPECT_LT(reference().vector().norm2(gradient, *stream), 1e-12);
  EXPECT_NEAR(outcome.history.back().residual, reference().vector().norm2(r, *stream), 1e-12);
}

TEST(Cgls, AppliesTheOperatorOnceForwardAndOnceBackAnIteration) {
  const auto a = dense(4, 3, tall);
  const auto stream = reference().make_stream();
  auto x = zeros(3);
  (void)cgls(*a, vector({1, 2, 3, 4}), x, {}, *stream, {.iterations = 2});
  EXPECT_EQ(a->forwards, 2);
  EXPECT_EQ(a->adjoints, 3);  // the first makes the start
}

TEST(Cgls, WithAnL2WeightSolvesTheShiftedNormalEquations) {
  const auto a = dense(2, 2, {1, 0, 0, 2});
  const auto stream = reference().make_stream();
  auto x = zeros(2);
  const auto outcome = cgls(*a, vector({3, 4}), x, {.l2 = 0.5}, *stream, {.iterations = 10});
  expect_near(x, {3 / 1.5, 8 / 4.5}, 1e-12);
  EXPECT_EQ(outcome.reason, StopReason::converged);  // nothing was left after two
  EXPECT_NEAR(outcome.history.back().objective, 1 + std::pow(4 - 16 / 4.5, 2) + 0.5 * (4 + std::pow(8 / 4.5, 2)),
              1e-12);
}

TEST(Cgls, ResidualNeverGrows) {
  const auto a = dense(4, 3, tall);
  const auto stream = reference().make_stream();
  auto x = vector({5, -3, 2});
  const auto outcome = cgls(*a, vector({1, 2, 3, 4}), x, {}, *stream, {.iterations = 3});
  for (std::size_t i = 1; i < outcome.history.size(); ++i)
    EXPECT_LE(outcome.history[i].residual, outcome.history[i - 1].residual);
}

TEST(Cgls, StartingAtTheSolutionHasNothingToDo) {
  const auto stream = reference().make_stream();
  auto x = vector({3, 2});
  const auto outcome = cgls(*dense(2, 2, {1, 0, 0, 2}), vector({3, 4}), x, {}, *stream, {});
  EXPECT_EQ(outcome.reason, StopReason::converged);
  EXPECT_TRUE(outcome.history.empty());
  expect_near(x, {3, 2}, 0);
}

TEST(Cgls, RefusesDataOfAnotherShapeAndANegativeWeight) {
  const auto stream = reference().make_stream();
  const auto a = dense(4, 3, tall);
  auto x = zeros(3);
  EXPECT_EQ(to_code([&] { (void)cgls(*a, zeros(5), x, {}, *stream, {}); }), iso::Errc::shape_mismatch);
  EXPECT_EQ(to_code([&] { (void)cgls(*a, zeros(4), x, {.l2 = -1}, *stream, {}); }), iso::Errc::invalid_input);
}

TEST(ConjugateGradient, SolvesAPositiveSystem) {
  const auto a = dense(3, 3, {4, 1, 0, 1, 3, 1, 0, 1, 2});
  const auto stream = reference().make_stream();
  auto x = zeros(3);
  (void)conjugate_gradient(*a, vector({6, 10, 8}), x, *stream, {.iterations = 3});
  expect_near(x, {1, 2, 3}, 1e-12);
}

TEST(ConjugateGradient, RefusesAnOperatorThatIsNotPositiveOrNotSquare) {
  const auto stream = reference().make_stream();
  auto x = zeros(2), y = zeros(3);
  EXPECT_EQ(to_code([&] {
              (void)conjugate_gradient(*dense(2, 2, {1, 0, 0, -1}), vector({0, 1}), x, *stream, {});
            }),
            iso::Errc::invalid_result);
  EXPECT_EQ(to_code([&] { (void)conjugate_gradient(*dense(4, 3, tall), zeros(4), y, *stream, {}); }),
            iso::Errc::shape_mismatch);
}

TEST(Sirt, FirstStepIsTheWeightedBackprojection) {
  const auto a = dense(2, 2, {1, 1, 0, 2});
  const auto stream = reference().make_stream();
  auto x = zeros(2);
  (void)sirt(*a, vector({4, 6}), x, {}, *stream, {.iterations = 1});
  // Row sums 2 and 2, column sums 1 and 3: x = (4/2 / 1, (4/2 + 2 * 6/2) / 3)
  expect_near(x, {2, 8.0 / 3}, 1e-12);
}

TEST(Sirt, ConvergesToTheSolutionWithOneProjectionAnIteration) {
  const auto a = dense(3, 2, {1, 1, 0, 2, 3, 1});
  const auto stream = reference().make_stream();
  auto x = zeros(2);
  const auto outcome = sirt(*a, vector({3, 4, 5}), x, {.relaxation = 1.5}, *stream, {.iterations = 300});
  expect_near(x, {1, 2}, 1e-10);
  EXPECT_EQ(a->forwards, 301);  // one for the row sums
  EXPECT_LT(outcome.history.back().residual, 1e-9);
}

TEST(Sirt, KeepsToTheBox) {
  const auto stream = reference().make_stream();
  auto x = zeros(2);
  (void)sirt(*dense(2, 2, {1, 0, 0, 1}), vector({-3, 7}), x, {.low = 0, .high = 5}, *stream, {.iterations = 5});
  expect_near(x, {0, 5}, 0);
}

TEST(Sirt, RefusesARelaxationThatWouldDiverge) {
  const auto stream = reference().make_stream();
  auto x = zeros(2);
  for (const double wrong : {0.0, 2.0, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_EQ(to_code([&] { (void)sirt(*identity(2), zeros(2), x, {.relaxation = wrong}, *stream, {}); }),
              iso::Errc::invalid_input);
  }
  EXPECT_EQ(to_code([&] { (void)sirt(*identity(2), zeros(2), x, {.low = 2, .high = 1}, *stream, {}); }),
            iso::Errc::invalid_input);
}

TEST(OrderedSubsets, OneRowAtATimeIsKaczmarzOnOrthogonalRows) {
  const std::vector<Subset> rows{{dense(1, 2, {1, 0}), {vector({2})}}, {dense(1, 2, {0, 4}), {vector({12})}}};
  const auto stream = reference().make_stream();
  auto x = zeros(2);
  const auto outcome = ordered_subsets(rows, x, {}, *stream, {.iterations = 1});
  expect_near(x, {2, 3}, 1e-12);
  EXPECT_NEAR(outcome.history[0].residual, std::sqrt(4.0 + 144), 1e-12);  // met on the way: both readings were missing
}

TEST(OrderedSubsets, ConvergesOnConsistentData) {
  const std::vector<Subset> rows{{dense(2, 2, {1, 1, 0, 2}), {vector({3, 4})}}, {dense(1, 2, {3, 1}), {vector({5})}}};
  const auto stream = reference().make_stream();
  auto x = zeros(2);
  (void)ordered_subsets(rows, x, {}, *stream, {.iterations = 200});
  expect_near(x, {1, 2}, 1e-10);
}

TEST(OrderedSubsets, DataInPiecesGiveTheBitsOfDataInOnePiece) {
  const auto a = dense(3, 2, {1, 1, 0, 2, 3, 1});
  const auto stream = reference().make_stream();
  auto whole = zeros(2), pieces = zeros(2);
  (void)ordered_subsets({{a, {vector({3, 4, 5})}}}, whole, {}, *stream, {.iterations = 5});
  (void)ordered_subsets({{a, {vector({3}), vector({4, 5})}}}, pieces, {}, *stream, {.iterations = 5});
  EXPECT_EQ(values(pieces), values(whole));
}

TEST(OrderedSubsets, RefusesDataThatDoNotFit) {
  const auto row = dense(1, 2, {1, 0});
  const std::vector<Subset> empty, none{{row, {}}}, wrong{{row, {zeros(2)}}}, twice{{row, {zeros(1), zeros(1)}}};
  const auto stream = reference().make_stream();
  auto x = zeros(2);
  const auto code = [&](const std::vector<Subset>& subsets) {
    return to_code([&] { (void)ordered_subsets(subsets, x, {}, *stream, {}); });
  };
  EXPECT_EQ(code(empty), iso::Errc::invalid_input);
  EXPECT_EQ(code(none), iso::Errc::invalid_input);
  EXPECT_EQ(code(wrong), iso::Errc::shape_mismatch);
  EXPECT_EQ(code(twice), iso::Errc::shape_mismatch);
}

TEST(PowerIteration, FindsTheLargestSingularValue) {
  const auto stream = reference().make_stream();
  EXPECT_NEAR(operator_norm(*dense(3, 2, {3, 0, 0, 5, 0, 0}), *stream, 200, 1e-12), 5, 1e-6);
  EXPECT_LE(operator_norm(*dense(3, 2, {3, 0, 0, 5, 0, 0}), *stream, 2, 0), 5 + 1e-12);
  EXPECT_EQ(operator_norm(*dense(2, 2, {0, 0, 0, 0}), *stream), 0);
}

TEST(PowerIteration, RefusesValuesThatAreNotFinite) {
  const auto stream = reference().make_stream();
  const auto bad = dense(1, 1, {std::numeric_limits<double>::quiet_NaN()});
  EXPECT_EQ(to_code([&] { (void)operator_norm(*bad, *stream); }), iso::Errc::invalid_result);
  EXPECT_EQ(to_code([&] { (void)operator_norm(*identity(2), *stream, 0); }), iso::Errc::invalid_input);
}
