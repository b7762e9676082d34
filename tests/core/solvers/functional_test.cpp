#include "support/dense_operator.h"

#include <gtest/gtest.h>
#include <iso/solvers/functional.h>

#include <cmath>

using namespace iso::solvers;
using namespace iso::testing;

namespace {

const std::vector<double> point{3, -0.5, 0.2, -4, 1.5, 0};

iso::compute::Array as_vectors(const std::vector<double>& flat) {  // 3 points of 2 components
  return vector(flat).reshaped(iso::Shape{3, 2});
}

struct Named {
  const char* name;
  FunctionalPtr f;
};

std::vector<Named> functionals() {
  return {{"squared distance", squared_distance(as_vectors({1, 2, 3, 4, 5, 6}), 0.7)},
          {"l1", l1_norm(0.6)},
          {"vectors", vector_l1_norm(0.9)},
          {"box", box(-1, 2)},
          {"ball", l2_ball(as_vectors({1, 1, 1, 1, 1, 1}), 2)}};
}

}  // namespace

TEST(Functional, ProximalMapIsTheMinimiserOfItsDefinition) {
  const auto stream = reference().make_stream();
  const double step = 0.8;
  for (const auto& [name, f] : functionals()) {
    auto z = as_vectors(point);
    f->prox(step, z, *stream);
    const auto energy = [&, f = f](const iso::compute::Array& at) {
      double squares = 0;
      for (std::size_t i = 0; i < point.size(); ++i) squares += std::pow(at.host<double>()[i] - point[i], 2);
      return f->value(at, *stream) + squares / (2 * step);
    };
    const double least = energy(z);
    EXPECT_TRUE(std::isfinite(least)) << name;
    for (std::size_t i = 0; i < point.size(); ++i) {
      for (const double nudge : {-1e-3, 1e-3}) {
        auto other = as_vectors(values(z));
        other.host<double>()[i] += nudge;
        EXPECT_GE(energy(other), least - 1e-12) << name << " component " << i;
      }
    }
  }
}

TEST(Functional, MoreauIdentityHolds) {
  const auto stream = reference().make_stream();
  for (const double step : {0.3, 1.0, 2.5}) {
    for (const auto& [name, f] : functionals()) {
      // x = prox of step F* (x) + step prox of F/step (x/step)
      auto conjugate = as_vectors(point), inner = as_vectors(point);
      f->prox_conjugate(step, conjugate, *stream);
      reference().vector().scale(1 / step, inner, *stream);
      f->prox(1 / step, inner, *stream);
      for (std::size_t i = 0; i < point.size(); ++i) {
        EXPECT_NEAR(conjugate.host<double>()[i] + step * inner.host<double>()[i], point[i], 1e-12)
            << name << ", step " << step;
      }
    }
  }
}

TEST(Functional, EqualStepsForEveryElementAreOneStep) {
  const auto stream = reference().make_stream();
  const double step = 0.8;
  const auto steps = as_vectors(std::vector<double>(6, step));
  for (const auto& [name, f] : functionals()) {
    if (!f->elementwise()) continue;
    auto one = as_vectors(point), each = as_vectors(point);
    f->prox(step, one, *stream);
    f->prox(steps, each, *stream);
    for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(one.host<double>()[i], each.host<double>()[i], 1e-12) << name;
    one = as_vectors(point), each = as_vectors(point);
    f->prox_conjugate(step, one, *stream);
    f->prox_conjugate(steps, each, *stream);
    for (std::size_t i = 0; i < 6; ++i)
      EXPECT_NEAR(one.host<double>()[i], each.host<double>()[i], 1e-12) << name << " conjugate";
  }
}

TEST(Functional, L1ShrinksEveryElement) {
  const auto stream = reference().make_stream();
  auto x = vector(point);
  EXPECT_NEAR(l1_norm(2)->value(x, *stream), 2 * 9.2, 1e-12);
  l1_norm(2)->prox(0.5, x, *stream);
  EXPECT_EQ(values(x), (std::vector<double>{2, 0, 0, -3, 0.5, 0}));
}

TEST(Functional, ConstraintsAreZeroInsideAndInfiniteOutside) {
  const auto stream = reference().make_stream();
  EXPECT_EQ(box(0, 1)->value(vector({0, 1 + 1e-8}), *stream), 0);
  EXPECT_TRUE(std::isinf(box(0, 1)->value(vector({0, 1.1}), *stream)));
  EXPECT_EQ(l2_ball(vector({1, 1}), 1)->value(vector({1, 2}), *stream), 0);
  EXPECT_TRUE(std::isinf(l2_ball(vector({1, 1}), 1)->value(vector({1, 2.1}), *stream)));
}

TEST(Functional, RefusesWhatItCannotDo) {
  const auto stream = reference().make_stream();
  auto x = vector({1, 2});
  const auto ball = l2_ball(vector({0, 0}), 1);
  EXPECT_THROW(ball->prox(vector({1, 1}), x, *stream), iso::Error);
  EXPECT_THROW(ball->prox_conjugate(vector({1, 1}), x, *stream), iso::Error);
  EXPECT_THROW((void)l1_norm(-1), iso::Error);
  EXPECT_THROW((void)vector_l1_norm(std::nan("")), iso::Error);
  EXPECT_THROW((void)box(2, 1), iso::Error);
  EXPECT_THROW((void)l2_ball(x, -1), iso::Error);
  EXPECT_THROW(squared_distance(vector({1}))->prox(1, x, *stream), iso::Error);
}
