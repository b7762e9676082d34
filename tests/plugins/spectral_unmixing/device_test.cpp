// The fit on a device, by the replay of its kernels on the host: section 10 of the method asks for F within 1e-4 after 50 iterations
// from the same start, and spectral angles and abundances of the end within 1e-3.
#include "method/scores.h"
#include "method/unmix.h"

#include "cpu_backend.h"
#include "scenes.h"
#include "support/replay_backend.h"

#include <gtest/gtest.h>

#include <cmath>

namespace spectral_unmixing {
namespace {

struct FitRule {
  const char* name;
  Solver solver;
  Loss loss;
  Exponent exponent;
  double mu;
};
const FitRule rules[] = {{"defaults", Solver::hals, Loss::l21, Exponent::learned, 1},
                         {"multiplicative", Solver::multiplicative, Loss::log, Exponent::learned, 1},
                         {"hoyer", Solver::hals, Loss::l21, Exponent::hoyer, 1},
                         {"factorisation", Solver::hals, Loss::frobenius, Exponent::fixed, 0}};

RobustOptions make_options(const FitRule& rule) {
  RobustOptions out;
  out.solver = rule.solver;
  out.loss = rule.loss;
  out.exponent = rule.exponent;
  out.mu = rule.mu;
  if (rule.mu == 0) out.lambda = out.anchor = 0;
  return out;
}

template <class T>
RobustModel<T> model(const test::Scene& scene, const FitRule& rule, const iso::compute::Backend* device) {
  Matrix start = scene.endmembers;
  start.array() += 0.02;
  const std::vector<T> a(static_cast<std::size_t>(scene.abundances.size()),
                         static_cast<T>(1.0 / static_cast<double>(scene.abundances.rows())));
  return {make_pixel_matrix<T>(scene.y), start, a, make_options(rule), device};
}

template <class T>
double rms_difference(const std::vector<T>& a, const std::vector<T>& b) {
  double squares = 0;
  for (std::size_t i = 0; i < a.size(); ++i) squares += static_cast<double>((a[i] - b[i]) * (a[i] - b[i]));
  return std::sqrt(squares / static_cast<double>(a.size()));
}

TEST(UnmixingOnADevice, AgreesWithTheHostAfterFiftyIterations) {
  const auto device = iso::test::make_replay_backend();
  for (const std::int64_t k : {3, 5}) {
    const auto scene = test::make_scene({.pixels = 2001, .components = k, .noise = 0.01});
    for (const FitRule& rule : rules) {
      auto here = model<float>(scene, rule, nullptr), there = model<float>(scene, rule, device.get());
      for (int i = 0; i < 50; ++i) {
        here.iterate();
        there.iterate();
      }
      EXPECT_NEAR(there.history().back() / here.history().back(), 1, 1e-4) << rule.name << ", " << k;
      EXPECT_LT(rms_difference(here.abundances(), there.abundances()), 1e-3) << rule.name << ", " << k;
      for (std::int64_t i = 0; i < k; ++i)
        EXPECT_LT(spectral_angle(here.endmembers().col(i), there.endmembers().col(i)), 1e-3) << rule.name;
    }
  }
}

TEST(UnmixingOnADevice, NeverRaisesTheObjectiveInDouble) {
  const auto device = iso::test::make_replay_backend();
  const auto scene = test::make_scene({.pixels = 300, .noise = 0.02});
  for (const FitRule& rule : rules) {
    if (rule.exponent == Exponent::hoyer) continue;
    auto fit = model<double>(scene, rule, device.get());
    fit.set_eta(1e-4);
    double before = fit.objective();
    const auto step = [&](const std::function<void()>& take, const char* name) {
      take();
      const double after = fit.objective();
      ASSERT_LE(after, before + 1e-12 * std::abs(before)) << rule.name << ", " << name;
      before = after;
    };
    for (int t = 0; t < 40 && !HasFatalFailure(); ++t) {
      fit.reweigh();
      step([&] { fit.pass(true, false); }, "abundances");
      if (rule.exponent == Exponent::learned) step([&] { fit.pass(false, true); }, "exponents");
      step([&] { fit.update_endmembers(); }, "endmembers");
    }
  }
}

TEST(UnmixingOnADevice, GoesOnFromACheckpoint) {
  const auto device = iso::test::make_replay_backend();
  const auto scene = test::make_scene({.noise = 0.01});
  auto whole = model<float>(scene, rules[0], device.get()), first = model<float>(scene, rules[0], device.get()),
       second = model<float>(scene, rules[0], device.get());
  for (int i = 0; i < 30; ++i) whole.iterate();
  for (int i = 0; i < 13; ++i) first.iterate();
  second.restore(first.state());
  for (int i = 13; i < 30; ++i) second.iterate();
  EXPECT_EQ(whole.history(), second.history());
  EXPECT_EQ(whole.abundances(), second.abundances());
}

TEST(UnmixingOnADevice, GivesTheResultOfTheHostFromEndToEnd) {
  const auto device = iso::test::make_replay_backend();
  const auto scene = test::make_scene({.pixels = 1500, .noise = 0.005});
  const auto data = make_pixel_matrix<float>(scene.y);
  iso::solvers::Progress progress;
  UnmixOptions options;
  options.components = scene.endmembers.cols();
  options.robust.iterations = 100;
  const Unmixing here = unmix(data, {}, options, {progress});
  options.device = device.get();
  const auto run_before = iso::test::replayed_elements();
  const Unmixing there = unmix(data, {}, options, {progress});
  EXPECT_GT(iso::test::replayed_elements() - run_before, 100 * data.pixels);
  EXPECT_LT(rms_difference(here.abundances, there.abundances), 1e-3);
  for (Eigen::Index k = 0; k < here.endmembers.cols(); ++k)
    EXPECT_LT(spectral_angle(here.endmembers.col(k), there.endmembers.col(k)), 1e-3);
}

TEST(UnmixingOnADevice, IsRefusedWhereThereAreNoSteps) {
  const auto device = iso::gpu::make_cpu_backend();
  const auto scene = test::make_scene({.pixels = 50});
  EXPECT_THROW((void)model<float>(scene, rules[0], device.get()), iso::Error);
}

}  // namespace
}  // namespace spectral_unmixing
