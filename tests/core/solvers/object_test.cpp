#include "support/dense_operator.h"

#include <gtest/gtest.h>
#include <iso/solvers/admm.h>
#include <iso/solvers/algebraic.h>
#include <iso/solvers/conjugate_gradient.h>
#include <iso/solvers/fista.h>
#include <iso/solvers/primal_dual.h>
#include <iso/solvers/progress.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <memory>

using namespace iso::solvers;
using namespace iso::testing;

namespace {

using iso::compute::Array;
using iso::compute::Stream;

/// The reference back end, counting what is allocated.
class CountingBackend final : public iso::compute::Backend {
 public:
  mutable std::size_t held{0}, most{0};
  mutable int allocations{0};

  [[nodiscard]] iso::compute::DeviceInfo info() const override { return reference().info(); }
  [[nodiscard]] std::span<const iso::compute::OperatorEntry> operators() const noexcept override { return {}; }
  [[nodiscard]] Array allocate(const iso::ArraySpec& spec, Stream&) const override {
    const auto bytes = spec.bytes();
    held += bytes;
    most = std::max(most, held);
    ++allocations;
    const std::shared_ptr<std::byte> memory{new std::byte[bytes](), [this, bytes](std::byte* data) {
                                              held -= bytes;
                                              delete[] data;
                                            }};
    return {spec, *this, memory};
  }
  [[nodiscard]] Array upload(const iso::Pixels& pixels, Stream& stream) const override {
    Array out = allocate(pixels.spec(), stream);
    std::copy_n(pixels.data(), pixels.spec().bytes(), out.address());
    return out;
  }
  [[nodiscard]] iso::Pixels download(const Array& array, Stream& stream) const override {
    return reference().download(array, stream);
  }
  [[nodiscard]] std::unique_ptr<Stream> make_stream(std::stop_token stop = {}) const override {
    return reference().make_stream(std::move(stop));
  }
  [[nodiscard]] const iso::compute::VectorOps& vector() const noexcept override { return reference().vector(); }
};

const std::vector<double> matrix{4, 1, 0.5, 1, 3, 1, 0.5, 1, 2, 1, 1, 1};  // 4 x 3, no entry negative

struct Case {
  std::string name;
  std::size_t bytes;                                                         // as the class says
  std::function<std::unique_ptr<Solver>(Array& b, Array& x, Stream&)> make;  // started
  bool allocates{false};                                                     // in a step: scratch of functionals
};

struct Bench {
  CountingBackend backend;
  std::unique_ptr<Stream> stream{backend.make_stream()};
  std::shared_ptr<DenseOperator> a{std::make_shared<DenseOperator>(4, 3, matrix, backend)};
  std::shared_ptr<DenseOperator> square{
      std::make_shared<DenseOperator>(3, 3, std::vector<double>{4, 1, 0.5, 1, 3, 1, 0.5, 1, 2}, backend)};
  std::shared_ptr<DenseOperator> k{
      std::make_shared<DenseOperator>(2, 3, std::vector<double>{-1, 1, 0, 0, -1, 1}, backend)};

  [[nodiscard]] Array filled(std::int64_t size, double value) const {
    Array out = backend.allocate({iso::Shape{size}, iso::ScalarType::f64}, *stream);
    backend.vector().fill(out, value, *stream);
    return out;
  }
  template <class S, class... Start>
  static std::unique_ptr<Solver> started(std::unique_ptr<S> solver, Start&&... start) {
    solver->start(std::forward<Start>(start)...);
    return solver;
  }

  [[nodiscard]] std::vector<Case> cases() const {
    const auto &x = a->domain(), &b = a->range(), &z = k->range();
    return {{"cgls", Cgls::bytes(x, b),
             [this](Array& data, Array& image, Stream& s) {
               return started(std::make_unique<Cgls>(*a, CglsOptions{.l2 = 0.1}, s), data, image);
             }},
            {"conjugate_gradient", ConjugateGradient::bytes(x),
             [this](Array&, Array& image, Stream& s) {
               return started(std::make_unique<ConjugateGradient>(*square, s), image, image);
             }},
            {"sirt", Sirt::bytes(x, b),
             [this](Array& data, Array& image, Stream& s) {
               return started(std::make_unique<Sirt>(*a, AlgebraicOptions{.low = 0}, s), data, image);
             }},
            {"ordered_subsets", OrderedSubsets::bytes(x, b.bytes(), b.bytes()),
             [this](Array& data, Array& image, Stream& s) {
               return started(std::make_unique<OrderedSubsets>(std::vector<Subset>{{a, {data}}}, AlgebraicOptions{}, s),
                              image);
             }},
            {"fista", Fista::bytes(x, b),
             [this](Array& data, Array& image, Stream& s) {
               return started(std::make_unique<Fista>(*a, l1_norm(0.1), FistaOptions{.norm = 10}, s), data, image);
             }},
            {"admm", Admm::bytes(x, b, z, true),
             [this](Array& data, Array& image, Stream& s) {
               return started(std::make_unique<Admm>(*a, *k, l1_norm(0.1), AdmmOptions{.box = box(0, 10)}, s), data,
                              image);
             }},
            {"primal_dual", PrimalDual::bytes(x, {b, z}, true),
             [this](Array& data, Array& image, Stream& s) {
               return started(
                   std::make_unique<PrimalDual>(std::vector<Term>{{a, squared_distance(data)}, {k, l1_norm(0.1)}},
                                                PrimalDualOptions{.g = box(0, 10), .diagonal_steps = true}, s),
                   image);
             },
             true}};
  }
};

}  // namespace

TEST(SolverObject, HoldsAsManyBytesAsItSaysAndAllocatesNothingInAStep) {
  const Bench bench;
  for (const auto& [name, bytes, make, allocates] : bench.cases()) {
    auto b = bench.filled(4, 3), x = bench.filled(3, 1);
    const auto before = bench.backend.most = bench.backend.held;
    const auto solver = make(b, x, *bench.stream);
    (void)solver->step();
    const int allocations = bench.backend.allocations;
    (void)solver->step();
    EXPECT_EQ(bench.backend.allocations > allocations, allocates) << name;
    EXPECT_EQ(bench.backend.most - before, bytes) << name;
  }
}

TEST(SolverObject, MayBeStartedAgain) {
  const Bench bench;
  for (const auto& [name, bytes, make, allocates] : bench.cases()) {
    if (name == "conjugate_gradient") continue;  // its start is its data
    auto b = bench.filled(4, 3), first = bench.filled(3, 1), again = bench.filled(3, 1);
    const auto solver = make(b, first, *bench.stream);
    for (int i = 0; i < 2; ++i) (void)solver->step();
    if (auto* cgls = dynamic_cast<Cgls*>(solver.get())) cgls->start(b, again);
    if (auto* sirt = dynamic_cast<Sirt*>(solver.get())) sirt->start(b, again);
    if (auto* subsets = dynamic_cast<OrderedSubsets*>(solver.get())) subsets->start(again);
    if (auto* fista = dynamic_cast<Fista*>(solver.get())) fista->start(b, again);
    if (auto* admm = dynamic_cast<Admm*>(solver.get())) admm->start(b, again);
    if (auto* primal_dual = dynamic_cast<PrimalDual*>(solver.get())) primal_dual->start(again);
    EXPECT_TRUE(solver->history().empty()) << name;
    for (int i = 0; i < 2; ++i) (void)solver->step();
    EXPECT_EQ(values(again), values(first)) << name;
  }
}

TEST(SolverObject, ThatIsStoppedAndRunOnGivesTheBitsOfOneRun) {
  const Bench bench;
  for (const auto& [name, bytes, make, allocates] : bench.cases()) {
    if (name == "conjugate_gradient") continue;
    auto b = bench.filled(4, 3), whole = bench.filled(3, 1), parts = bench.filled(3, 1);
    (void)make(b, whole, *bench.stream)->run({.iterations = 3});
    const auto solver = make(b, parts, *bench.stream);
    (void)solver->run({.iterations = 1});
    const auto result = solver->run({.iterations = 3});
    EXPECT_EQ(result.history.size(), 3U) << name;
    EXPECT_EQ(values(parts), values(whole)) << name;
  }
}

TEST(SolverObject, RefusesAStepBeforeItsStart) {
  const auto stream = reference().make_stream();
  const auto a = identity(2);
  Cgls solver{*a, {}, *stream};
  EXPECT_THROW((void)solver.step(), iso::Error);
}

TEST(SetWeight, OfPrimalDualAndAdmmGoesOnToTheMinimumOfTheNewWeight) {
  // min ½‖x - (0, 0, 1, 1)‖² + w |x_3 - x_2|: halves move towards each other by w / 2.
  const auto stream = reference().make_stream();
  const auto a = identity(4), d = dense(1, 4, {0, -1, 1, 0});
  const auto b = vector({0, 0, 1, 1});
  auto x = zeros(4), y = zeros(4);
  PrimalDual primal_dual{{{a, squared_distance(b)}, {d, l1_norm(0.9)}}, {}, *stream};
  primal_dual.start(x);
  (void)primal_dual.run({.iterations = 50});
  primal_dual.set_weight(1, 0.2);
  (void)primal_dual.run({.iterations = 3000});
  Admm admm{*a, *d, l1_norm(0.9), {}, *stream};
  admm.start(b, y);
  (void)admm.run({.iterations = 50});
  admm.set_weight(0.2, 1);
  (void)admm.run({.iterations = 3000});
  const std::vector<double> wanted{0, 0.2, 0.8, 1};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(values(x)[i], wanted[i], 1e-6) << i;
    EXPECT_NEAR(values(y)[i], wanted[i], 1e-6) << i;
  }
}

TEST(SetWeight, OfFistaAndCglsIsThatOfANewSolver) {
  const auto stream = reference().make_stream();
  const auto a = dense(4, 3, matrix);
  const auto b = vector({6, 9.5, 8, 5});
  auto changed = zeros(3), fresh = zeros(3);
  Cgls first{*a, {.l2 = 3}, *stream}, second{*a, {.l2 = 0.5}, *stream};
  first.set_weight(0.5);
  first.start(b, changed);
  second.start(b, fresh);
  (void)first.run({.iterations = 3});
  (void)second.run({.iterations = 3});
  EXPECT_EQ(values(changed), values(fresh));
  EXPECT_THROW(first.set_weight(-1), iso::Error);
  auto x = zeros(3);
  Fista fista{*a, l1_norm(9), {}, *stream};
  fista.set_weight(0);
  fista.start(b, x);
  (void)fista.run({.iterations = 4000});
  auto least = zeros(3);
  (void)cgls(*a, b, least, {}, *stream, {.iterations = 3});
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(values(x)[i], values(least)[i], 1e-6);
}

TEST(SetWeight, IsRefusedByConstraintsAndWrongRelaxations) {
  const auto stream = reference().make_stream();
  EXPECT_THROW((void)box(0, 1)->weighted(2), iso::Error);
  EXPECT_THROW((void)l2_ball(zeros(1), 1)->weighted(2), iso::Error);
  const auto a = identity(2);
  Sirt sirt{*a, {}, *stream};
  EXPECT_THROW(sirt.set_weight(2), iso::Error);
}

namespace {

struct Noted final : Progress {
  std::vector<double> fractions;
  std::vector<std::string> curves;
  int previews{0}, kept{0};
  void report(double fraction, std::string_view) override { fractions.push_back(fraction); }
  void plot(std::string_view curve, double, double) override { curves.emplace_back(curve); }
  bool wants_preview() override { return fractions.size() == 2; }
  void preview(const Array&) override { ++previews; }
  bool wants_checkpoint() override { return true; }
  void keep(const iso::Checkpoint&) override { ++kept; }
};

}  // namespace

TEST(Progress, ReportsWithinItsRangePlotsPreviewsAndKeeps) {
  const auto stream = reference().make_stream();
  Noted noted;
  auto x = zeros(3);
  const auto control = make_control(noted, 4, 0, {0.2, 0.6, "iterations"});
  const auto result = sirt(*dense(4, 3, matrix), vector({6, 9.5, 8, 5}), x, {}, *stream, control);
  ASSERT_EQ(noted.fractions.size(), 4U);
  EXPECT_DOUBLE_EQ(noted.fractions.front(), 0.3);
  EXPECT_DOUBLE_EQ(noted.fractions.back(), 0.6);
  EXPECT_EQ(std::ranges::count(noted.curves, "residual"), 4);
  EXPECT_EQ(std::ranges::count(noted.curves, "objective"), 4);
  EXPECT_EQ(noted.previews, 1);
  EXPECT_EQ(noted.kept, 4);
  EXPECT_EQ(to_text(result), "ended after 4 iterations: iterations");
  EXPECT_EQ(std::ranges::count(noted.curves, "change"), 0) << "nothing ends it early";
}

TEST(Progress, PlotsWhatEndsARunWithTheValueThatEndsIt) {
  const auto stream = reference().make_stream();
  struct Points final : Progress {
    std::map<std::string, std::vector<double>> of;
    void plot(std::string_view curve, double, double y) override { of[std::string{curve}].push_back(y); }
  } points;
  auto x = zeros(3);
  const auto control = make_control(points, 500, 1e-3, {});
  const auto result = sirt(*dense(4, 3, matrix), vector({6, 9.5, 8, 5}), x, {}, *stream, control);
  ASSERT_EQ(result.reason, StopReason::converged);
  EXPECT_EQ(points.of.at("change limit"), std::vector<double>{1e-3});
  const auto& change = points.of.at("change");
  ASSERT_EQ(change.size(), result.history.size());
  EXPECT_LT(change.back(), 1e-3) << "the last one is below the line";
  EXPECT_TRUE(std::all_of(change.begin(), change.end() - 1, [](double c) { return c >= 1e-3; })) << "and no other";
}
