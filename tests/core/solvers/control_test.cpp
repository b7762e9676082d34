#include "support/dense_operator.h"

#include <gtest/gtest.h>
#include <iso/solvers/admm.h>
#include <iso/solvers/algebraic.h>
#include <iso/solvers/conjugate_gradient.h>
#include <iso/solvers/fista.h>
#include <iso/solvers/primal_dual.h>

#include <cmath>
#include <limits>
#include <optional>
#include <string>

using namespace iso::solvers;
using namespace iso::testing;

namespace {

using iso::compute::Array;
using iso::compute::Stream;

const std::vector<double> matrix{4, 1, 0.5, 1, 3, 1, 0.5, 1, 2, 1, 1, 1};  // 4 x 3, no entry negative
const std::vector<double> readings{6, 9.5, 8, 5};

struct Named {
  std::string name;
  std::function<SolverResult(Array& x, Stream&, const Control&)> run;
};

std::vector<Named> solvers_on(const std::vector<double>& data) {
  const auto a = dense(4, 3, matrix), k = dense(2, 3, {-1, 1, 0, 0, -1, 1});
  const auto b = vector(data);
  const std::vector<double> tail(data.begin() + 2, data.end()), head(data.begin(), data.begin() + 2);
  std::vector<Named> out;
  out.push_back({"cgls", [=](Array& x, Stream& s, const Control& c) { return cgls(*a, b, x, {.l2 = 0.1}, s, c); }});
  out.push_back(
      {"conjugate_gradient", [b3 = vector({data[0], data[1], data[2]})](Array& x, Stream& s, const Control& c) {
         return conjugate_gradient(*dense(3, 3, {4, 1, 0.5, 1, 3, 1, 0.5, 1, 2}), b3, x, s, c);
       }});
  out.push_back({"sirt", [=](Array& x, Stream& s, const Control& c) { return sirt(*a, b, x, {.low = 0}, s, c); }});
  out.push_back({"ordered_subsets", [=](Array& x, Stream& s, const Control& c) {
                   return ordered_subsets({{dense(2, 3, {4, 1, 0.5, 1, 3, 1}), {vector(head)}},
                                           {dense(2, 3, {0.5, 1, 2, 1, 1, 1}), {vector(tail)}}},
                                          x, {.relaxation = 0.7}, s, c);
                 }});
  out.push_back(
      {"fista", [=](Array& x, Stream& s, const Control& c) { return fista(*a, b, l1_norm(0.1), x, {}, s, c); }});
  out.push_back({"admm", [=](Array& x, Stream& s, const Control& c) {
                   return admm(*a, b, *k, l1_norm(0.1), x, {.inner_iterations = 2, .box = box(0, 10)}, s, c);
                 }});
  out.push_back({"primal_dual", [=](Array& x, Stream& s, const Control& c) {
                   const std::vector<Term> terms{{a, squared_distance(b)}, {k, l1_norm(0.1)}};
                   return primal_dual(terms, x, {.g = box(0, 10)}, s, c);
                 }});
  out.push_back({"primal_dual with diagonal steps", [=](Array& x, Stream& s, const Control& c) {
                   const std::vector<Term> terms{{a, squared_distance(b)}, {k, l1_norm(0.1)}};
                   return primal_dual(terms, x, {.g = box(0, 10), .diagonal_steps = true}, s, c);
                 }});
  return out;
}

const std::vector<Named>& all() {
  static const auto list = solvers_on(readings);
  return list;
}

void expect_equal(const SolverResult& a, const SolverResult& b, const std::string& name) {
  ASSERT_EQ(a.history.size(), b.history.size()) << name;
  for (std::size_t i = 0; i < a.history.size(); ++i) {
    EXPECT_EQ(a.history[i].iteration, b.history[i].iteration) << name;
    EXPECT_EQ(a.history[i].objective, b.history[i].objective) << name;
    EXPECT_EQ(a.history[i].residual, b.history[i].residual) << name;
    EXPECT_EQ(a.history[i].change, b.history[i].change) << name;
  }
}

}  // namespace

TEST(SolverControl, InterruptedAndResumedGivesTheBitsOfAnUninterruptedRun) {
  for (const auto& solver : all()) {
    const auto stream = reference().make_stream();
    const int total = solver.name == "cgls" || solver.name == "conjugate_gradient" ? 3 : 9, cut = total / 2;
    auto whole = vector({0.5, 0, 0.25});
    const auto uninterrupted = solver.run(whole, *stream, {.iterations = total});
    std::optional<iso::Checkpoint> saved;
    auto first = vector({0.5, 0, 0.25});
    int asked = 0;
    (void)solver.run(first, *stream,
                     {.iterations = cut,
                      .wants_checkpoint = [&] { return ++asked == cut; },
                      .keep = [&](const iso::Checkpoint& state) { saved = state; }});
    ASSERT_TRUE(saved) << solver.name;
    EXPECT_EQ(saved->iteration, cut);
    auto resumed = zeros(3);  // the start is in the checkpoint
    const auto rest = solver.run(resumed, *stream, {.iterations = total, .resume = &*saved});
    EXPECT_EQ(values(resumed), values(whole)) << solver.name;
    expect_equal(rest, uninterrupted, solver.name);
  }
}

TEST(SolverControl, RefusesTheCheckpointOfAnotherRun) {
  const iso::Checkpoint empty{1, {}, {}};
  for (const auto& solver : all()) {
    const auto stream = reference().make_stream();
    auto x = zeros(3);
    try {
      (void)solver.run(x, *stream, {.resume = &empty});
      ADD_FAILURE() << solver.name;
    } catch (const iso::Error& error) {
      EXPECT_EQ(error.code(), iso::Errc::invalid_input) << solver.name;
    }
  }
}

TEST(SolverControl, ObserverSeesEveryIterationAndEndsTheRun) {
  for (const auto& solver : all()) {
    const auto stream = reference().make_stream();
    auto x = zeros(3);
    std::vector<double> seen;
    const auto outcome =
        solver.run(x, *stream, {.iterations = 50, .observer = [&](const Step& step, const Array& image) {
                                  seen = values(image);
                                  return step.iteration < 2;
                                }});
    EXPECT_EQ(outcome.reason, StopReason::observer) << solver.name;
    EXPECT_EQ(outcome.history.size(), 2U) << solver.name;
    EXPECT_EQ(seen, values(x)) << solver.name;
  }
}

TEST(SolverControl, EndsWhenTheImageMovesLessThanTheTolerance) {
  for (const auto& solver : all()) {
    if (solver.name == "conjugate_gradient") continue;  // three unknowns: it ends exactly before it moves so little
    const auto stream = reference().make_stream();
    auto x = zeros(3);
    const auto outcome = solver.run(x, *stream, {.iterations = 5000, .relative_tolerance = 1e-4});
    EXPECT_EQ(outcome.reason, StopReason::converged) << solver.name;
    EXPECT_LT(outcome.history.back().change, 1e-4) << solver.name;
    for (std::size_t i = 0; i + 1 < outcome.history.size(); ++i)
      EXPECT_GE(outcome.history[i].change, 1e-4) << solver.name;
  }
}

TEST(SolverControl, EndsAtTheResidualThatWasAskedFor) {
  for (const auto& solver : all()) {
    const auto stream = reference().make_stream();
    auto x = zeros(3);
    const auto outcome = solver.run(x, *stream, {.iterations = 5000, .residual_target = 2});
    EXPECT_EQ(outcome.reason, StopReason::target_reached) << solver.name;
    EXPECT_LE(outcome.history.back().residual, 2) << solver.name;
  }
}

TEST(SolverControl, DoesAsManyIterationsAsAskedAndNoneForZero) {
  for (const auto& solver : all()) {
    const auto stream = reference().make_stream();
    auto x = vector({1, 2, 3});
    const auto none = solver.run(x, *stream, {.iterations = 0});
    EXPECT_TRUE(none.history.empty()) << solver.name;
    EXPECT_EQ(values(x), (std::vector<double>{1, 2, 3})) << solver.name;
    EXPECT_EQ(solver.run(x, *stream, {.iterations = 2}).history.size(), 2U) << solver.name;
  }
}

TEST(SolverControl, ReportsTheResidualOfItsImage) {
  const auto a = dense(4, 3, matrix);
  for (const auto& solver : all()) {
    if (solver.name == "conjugate_gradient" || solver.name == "ordered_subsets")
      continue;  // another system; met on the way
    const auto stream = reference().make_stream();
    auto x = zeros(3), r = vector(readings), ax = zeros(4);
    const auto outcome = solver.run(x, *stream, {.iterations = 2});
    a->forward(x, ax, *stream);
    reference().vector().axpy(-1, ax, r, *stream);
    EXPECT_NEAR(outcome.history.back().residual, reference().vector().norm2(r, *stream), 1e-10) << solver.name;
  }
}

TEST(SolverControl, NamesTheIterationWhenReadingsAreNotFinite) {
  auto broken = readings;
  broken[1] = std::numeric_limits<double>::quiet_NaN();
  for (const auto& solver : solvers_on(broken)) {
    const auto stream = reference().make_stream();
    auto x = zeros(3);
    try {
      (void)solver.run(x, *stream, {});
      ADD_FAILURE() << solver.name;
    } catch (const iso::Error& error) {
      EXPECT_EQ(error.code(), iso::Errc::invalid_result) << solver.name;
      EXPECT_NE(std::string{error.what()}.find("iteration 1"), std::string::npos)
          << solver.name << ": " << error.what();
    }
  }
}

TEST(SolverControl, TellsDivergenceFromSlowness) {
  const auto stream = reference().make_stream();
  auto x = zeros(3);
  try {  // a norm ten times too small makes the steps a hundred times too long
    (void)fista(*dense(4, 3, matrix), vector(readings), l1_norm(0), x, {.norm = 0.5}, *stream, {.iterations = 1000});
    FAIL();
  } catch (const iso::Error& error) {
    EXPECT_EQ(error.code(), iso::Errc::invalid_result);
    EXPECT_NE(std::string{error.what()}.find("diverged at iteration"), std::string::npos) << error.what();
  }
}

TEST(SolverControl, AStopRequestCancelsBetweenTwoApplications) {
  for (const auto& solver : all()) {
    std::stop_source source;
    const auto stream = reference().make_stream(source.get_token());
    auto x = zeros(3);
    int iterations = 0;
    try {
      (void)solver.run(
          x, *stream, {.observer = [&](const Step& step, const Array&) {
            iterations = step.iteration;
            return !source.request_stop();  // true at the first call only, and the run does not end by itself
          }});
      (void)solver.run(x, *stream, {});
      ADD_FAILURE() << solver.name;
    } catch (const iso::Error& error) {
      EXPECT_EQ(error.code(), iso::Errc::cancelled) << solver.name;
      EXPECT_EQ(iterations, 1) << solver.name;
    }
  }
}

TEST(SolverControl, RefusesNegativeLimits) {
  for (const auto& solver : all()) {
    const auto stream = reference().make_stream();
    auto x = zeros(3);
    EXPECT_THROW((void)solver.run(x, *stream, {.iterations = -1}), iso::Error) << solver.name;
    EXPECT_THROW((void)solver.run(x, *stream, {.relative_tolerance = -1}), iso::Error) << solver.name;
    EXPECT_THROW((void)solver.run(x, *stream, {.residual_target = std::nan("")}), iso::Error) << solver.name;
  }
}

TEST(SolverControl, NamesItsEnds) {
  EXPECT_EQ(to_string(StopReason::target_reached), "target_reached");
  EXPECT_EQ(to_string(StopReason::observer), "observer");
}
