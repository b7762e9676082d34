#include "cpu_backend.h"
#include "noted_progress.h"

#include <gtest/gtest.h>
#include <iso/base/error.h>
#include <iso/base/threads.h>
#include <iso/evaluation/metrics.h>
#include <iso/evaluation/noise.h>
#include <iso/evaluation/phantoms.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <set>

using namespace sparse_view_ct;
using namespace iso::tomography;

namespace {

constexpr double pi = std::numbers::pi;

/// The Shepp-Logan head of 0.02/mm, 64 voxels of 2 mm, exact line integrals with noise of 1e5 photons.
struct Head {
  std::unique_ptr<iso::compute::Backend> backend{iso::gpu::make_cpu_backend()};
  std::unique_ptr<iso::compute::Stream> stream{backend->make_stream()};
  iso::evaluation::Phantom phantom{iso::evaluation::shepp_logan_2d(60, iso::evaluation::Contrast::modified)};
  iso::Sinogram scan;
  ScanParameters parameters{on_grid(64, 2)};

  explicit Head(std::int64_t views, double span = 2 * pi) {
    iso::CircularScan fan;
    fan.source_to_axis_mm = 300;
    fan.source_to_detector_mm = 600;
    fan.elements = {96, 1};
    fan.element_pitch_mm = {4, 4};
    const auto geometry = iso::ProjectionGeometry::circular(iso::equal_angles(views, span), fan);
    scan = iso::evaluation::add_noise(iso::evaluation::project(phantom, geometry, 3, 0.02), {1e5, 0, 3});
  }
  ScanProblem problem() const { return make_problem(scan, parameters, *backend, *stream); }
  double psnr(const iso::compute::Array& x) const {
    const auto truth = iso::evaluation::sample(phantom, plan_scan(scan.geometry, parameters).grid, 4, 0.02);
    return iso::evaluation::compare(backend->download(x, *stream), truth.pixels).psnr_db;
  }
  std::vector<float> values(const iso::compute::Array& x) const {
    const auto block = backend->download(x, *stream);
    const auto v = block.values<float>();
    return {v.begin(), v.end()};
  }
};

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

}  // namespace

TEST(VisitingOrder, GoesOnceThroughAllSubsets) {
  for (const std::int64_t count : {1, 2, 3, 7, 10, 60, 721}) {
    const auto order = visiting_order(count);
    EXPECT_EQ(order.front(), 0);
    EXPECT_EQ(std::set<std::int64_t>(order.begin(), order.end()).size(), static_cast<std::size_t>(count));
    EXPECT_EQ(*std::ranges::max_element(order), count - 1);
  }
}

TEST(TotalVariation, BeatsFilteredBackprojectionOfFewViewsByFiveDecibels) {
  const Head head(24);
  const auto problem = head.problem();
  NotedProgress progress;
  EXPECT_GT(head.psnr(reconstruct(problem, TvOptions{}, progress)), head.psnr(reconstruct(problem, FbpOptions{})) + 5);
  EXPECT_GT(progress.figures.at("tv_weight"), 0);
}

TEST(TotalVariation, HasTheSameMinimumForBothSolvers) {
  const Head head(24);
  const auto problem = head.problem();
  TvOptions options;
  options.weight_mm = 0.05;
  options.iterations = 600;
  options.tolerance = 0;
  const auto a = head.values(reconstruct(problem, options));
  options.solver = TvSolver::admm;
  options.iterations = 120;
  const auto b = head.values(reconstruct(problem, options));
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference += std::pow(a[i] - b[i], 2);
    size += std::pow(a[i], 2);
  }
  EXPECT_LT(std::sqrt(difference / size), 0.01);
}

TEST(TotalVariation, ChoosesAWeightInAFixedRatioToTheMisfitItLeaves) {
  const Head head(24);
  const auto problem = head.problem();
  TvOptions options;
  options.iterations = 300;
  options.tolerance = 0;
  NotedProgress progress;
  const auto x = reconstruct(problem, options, progress);
  const double weight = progress.figures.at("tv_weight");
  const auto& ops = head.backend->vector();
  auto ones = head.backend->allocate(problem.a->range(), *head.stream),
       columns = head.backend->allocate(problem.a->domain(), *head.stream);
  ops.fill(ones, 1, *head.stream);
  problem.a->adjoint(ones, columns, *head.stream);
  auto sums = head.values(columns);
  std::ranges::sort(sums);
  const double kappa = std::sqrt(2.0 * sums[sums.size() / 2]);  // the fan covers every voxel of this grid
  EXPECT_NEAR(weight, 0.75 * options.strength * kappa * agreement(problem, x).rms, 0.05 * weight);
}

// The same readings of an object a million times smaller: attenuation a million times larger.
class TvScale : public ::testing::TestWithParam<TvSolver> {};
INSTANTIATE_TEST_SUITE_P(TotalVariation, TvScale, ::testing::Values(TvSolver::primal_dual, TvSolver::admm));

TEST_P(TvScale, DoesNotDependOnTheUnitOfLength) {
  constexpr double smaller = 1e-6;
  const Head head(24);
  Head tiny(24);
  auto views = std::vector<iso::View>(head.scan.geometry.views().begin(), head.scan.geometry.views().end());
  for (auto& view : views) {
    for (auto* vector : {&view.source_mm, &view.detector_centre_mm, &view.u_step_mm, &view.v_step_mm}) {
      for (auto& value : *vector) value *= smaller;
    }
  }
  const auto& geometry = head.scan.geometry;
  tiny.scan.geometry = {geometry.beam(), geometry.detector_shape(), geometry.elements(), views};
  tiny.parameters.spacing_mm *= smaller;
  TvOptions options;
  options.solver = GetParam();
  options.iterations = 60;
  const auto a = head.values(reconstruct(head.problem(), options)),
             b = tiny.values(reconstruct(tiny.problem(), options));
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference += std::pow(static_cast<double>(a[i]) - smaller * static_cast<double>(b[i]), 2);
    size += std::pow(static_cast<double>(a[i]), 2);
  }
  EXPECT_LT(std::sqrt(difference / size), 1e-3);
}

TEST(TotalVariation, StaysWithinItsBounds) {
  const Head head(16);
  TvOptions options;
  options.maximum = 0.012;
  options.iterations = 40;
  for (const auto solver : {TvSolver::primal_dual, TvSolver::admm}) {
    options.solver = solver;
    const auto x = head.values(reconstruct(head.problem(), options));
    EXPECT_GE(*std::ranges::min_element(x), 0.0F);
    EXPECT_LE(*std::ranges::max_element(x), 0.012F);
  }
}

TEST(TotalVariation, StartsFromZeroWhereTheAngleIsLimited) {
  const Head head(30, pi / 2);
  NotedProgress progress;
  const auto x = reconstruct(head.problem(), TvOptions{}, progress);
  EXPECT_NE(progress.said.find("start from zero"), std::string::npos) << progress.said;
  EXPECT_GT(head.psnr(x), head.psnr(head.backend->allocate(x.spec(), *head.stream)) + 5);
}

// Before, on, between and after the corrections of the weight of 40 iterations.
class TvCheckpoint : public ::testing::TestWithParam<std::tuple<TvSolver, std::int64_t>> {};
INSTANTIATE_TEST_SUITE_P(TotalVariation, TvCheckpoint,
                         ::testing::Combine(::testing::Values(TvSolver::primal_dual, TvSolver::admm),
                                            ::testing::Values(5, 12, 25, 36, 40)));

TEST_P(TvCheckpoint, GoesOnToTheSameBits) {
  const Head head(24);
  const auto problem = head.problem();
  TvOptions options;
  options.solver = std::get<0>(GetParam());
  options.iterations = 40;
  options.tolerance = 0;
  NotedProgress whole;
  whole.checkpoint_at = std::get<1>(GetParam());
  const auto x = head.values(reconstruct(problem, options, whole));
  ASSERT_TRUE(whole.kept);
  EXPECT_EQ(whole.kept->iteration, whole.checkpoint_at);
  NotedProgress again;
  again.resume_from = whole.kept;
  EXPECT_TRUE(same_bits(head.values(reconstruct(problem, options, again)), x));
  EXPECT_EQ(again.figures, whole.figures);
}

TEST(Sart, ReconstructsBetterThanFilteredBackprojectionOfFewViews) {
  const Head head(24);
  const auto problem = head.problem();
  const double direct = head.psnr(reconstruct(problem, FbpOptions{}));
  EXPECT_GT(head.psnr(reconstruct(problem, SartOptions{})), direct + 2);
  SartOptions subsets;
  subsets.subsets = 4;
  EXPECT_GT(head.psnr(reconstruct(problem, subsets)), direct + 2);
}

TEST(Cgls, EndsAtTheNoiseLevel) {
  const Head head(90);
  const auto problem = head.problem();
  CglsOptions options;
  options.iterations = 200;
  options.noise_factor = 4;
  NotedProgress progress;
  const auto x = reconstruct(problem, options, progress);
  EXPECT_NE(progress.said.find("residual target reached"), std::string::npos) << progress.said;
  EXPECT_LE(agreement(problem, x).rms, 4.0001 * problem.noise);
}

TEST(EveryMethod, GivesTheSameBitsWithOneAndTwoThreads) {
  const Head head(24);
  const auto all = [&] {
    std::vector<std::vector<float>> results;
    const auto problem = head.problem();
    TvOptions tv;
    tv.iterations = 25;
    results.push_back(head.values(reconstruct(problem, FbpOptions{})));
    results.push_back(head.values(reconstruct(problem, SartOptions{})));
    results.push_back(head.values(reconstruct(problem, CglsOptions{})));
    results.push_back(head.values(reconstruct(problem, tv)));
    tv.solver = TvSolver::admm;
    results.push_back(head.values(reconstruct(problem, tv)));
    return results;
  };
  const int before = iso::ThreadBudget::threads();
  iso::ThreadBudget::set(1);
  const auto one = all();
  iso::ThreadBudget::set(2);
  const auto two = all();
  iso::ThreadBudget::set(before);
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(same_bits(one[i], two[i])) << "method " << i;
}

TEST(Fbp, WarnsWhereTheScanIsCompleteInAPartOfTheFieldOfViewOnly) {
  Head head(24);
  const auto geometry = iso::ProjectionGeometry::parallel(iso::equal_angles(180, pi), {96, 1}, {2, 2}, 30);
  head.scan = iso::evaluation::project(head.phantom, geometry, 1, 0.02);
  NotedProgress progress;
  (void)reconstruct(head.problem(), FbpOptions{}, progress);
  EXPECT_NE(progress.said.find("only within 66 mm of the axis"), std::string::npos) << progress.said;
}

TEST(Work, OfFilteredBackprojectionIsRefusedAsItsRunIs) {
  for (const double span : {90.0, 180.0, 200.0, 215.0, 230.0, 300.0, 360.0}) {
    const Head head(60, span * pi / 180);
    bool refused = false;
    try {
      (void)reconstruct(head.problem(), FbpOptions{});
    } catch (const iso::Error&) {
      refused = true;
    }
    EXPECT_EQ(plan_work(plan_scan(head.scan.geometry, head.parameters), FbpOptions{}).refusal.has_value(), refused)
        << span << " degrees";
  }
}
