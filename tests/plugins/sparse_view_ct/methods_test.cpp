#include "method/algebraic.h"
#include "method/total_variation.h"

#include "cpu_backend.h"
#include "method/preparation.h"

#include <gtest/gtest.h>
#include <iso/base/error.h>
#include <iso/base/threads.h>
#include <iso/evaluation/metrics.h>
#include <iso/evaluation/noise.h>
#include <iso/evaluation/phantoms.h>
#include <iso/solvers/filtered_backprojection.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <set>

using namespace sparse_view_ct;

namespace {

constexpr double pi = std::numbers::pi;

/// The Shepp-Logan head of 0.02/mm, 64 voxels of 2 mm, exact line integrals with noise of 1e5 photons.
struct Head {
  std::unique_ptr<iso::compute::Backend> backend{iso::gpu::make_cpu_backend()};
  std::unique_ptr<iso::compute::Stream> stream{backend->make_stream()};
  iso::evaluation::Phantom phantom{iso::evaluation::shepp_logan_2d(60, iso::evaluation::Contrast::modified)};
  iso::Sinogram scan;
  Request request{.size = 64, .spacing_mm = 2};

  explicit Head(std::int64_t views, double span = 2 * pi) {
    iso::CircularScan fan;
    fan.source_to_axis_mm = 300;
    fan.source_to_detector_mm = 600;
    fan.elements = {96, 1};
    fan.element_pitch_mm = {4, 4};
    const auto geometry = iso::ProjectionGeometry::circular(iso::equal_angles(views, span), fan);
    scan = iso::evaluation::add_noise(iso::evaluation::project(phantom, geometry, 3, 0.02), {1e5, 0, 3});
  }
  Problem problem() const {
    auto prepared = prepare(scan, request);
    return Problem{prepared, *backend, *stream};
  }
  double psnr(const iso::compute::Array& x) const {
    const auto truth = iso::evaluation::sample(phantom, plan(scan, request).grid, 4, 0.02);
    return iso::evaluation::compare(backend->download(x, *stream), truth.pixels).psnr_db;
  }
  iso::compute::Array fbp(const Problem& p) const {
    return iso::solvers::filtered_backprojection(*backend, p.geometry, p.readings, p.grid, {}, *stream);
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
  const auto result = total_variation(problem, {}, Watch::silent());
  EXPECT_GT(head.psnr(result.x), head.psnr(head.fbp(problem)) + 5);
  EXPECT_GT(result.weight, 0);
}

TEST(TotalVariation, HasTheSameMinimumForBothSolvers) {
  const Head head(24);
  const auto problem = head.problem();
  TvOptions options;
  options.weight = 0.05;
  options.iterations = 600;
  options.relative_tolerance = 0;
  const auto a = head.values(total_variation(problem, options, Watch::silent()).x);
  options.solver = TvSolver::admm;
  options.iterations = 120;
  const auto b = head.values(total_variation(problem, options, Watch::silent()).x);
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
  options.relative_tolerance = 0;
  const auto result = total_variation(problem, options, Watch::silent());
  const auto& ops = head.backend->vector();
  auto ones = head.backend->allocate(problem.a->range(), *head.stream),
       columns = head.backend->allocate(problem.a->domain(), *head.stream);
  ops.fill(ones, 1, *head.stream);
  problem.a->adjoint(ones, columns, *head.stream);
  auto sums = head.values(columns);
  std::ranges::sort(sums);
  const double kappa = std::sqrt(2.0 * sums[sums.size() / 2]);  // the fan covers every voxel of this grid
  EXPECT_NEAR(result.weight, 0.75 * kappa * agreement(problem, result.x).rms, 0.05 * result.weight);
}

TEST(TotalVariation, StaysWithinItsBounds) {
  const Head head(16);
  TvOptions options;
  options.high = 0.012;
  options.iterations = 40;
  for (const auto solver : {TvSolver::primal_dual, TvSolver::admm}) {
    options.solver = solver;
    const auto x = head.values(total_variation(head.problem(), options, Watch::silent()).x);
    EXPECT_GE(*std::ranges::min_element(x), 0.0F);
    EXPECT_LE(*std::ranges::max_element(x), 0.012F);
  }
}

TEST(TotalVariation, StartsFromZeroWhereTheAngleIsLimited) {
  const Head head(30, pi / 2);
  std::string said;
  auto watch = Watch::silent();
  watch.log = [&](const std::string& text) { said += text + "\n"; };
  const auto x = total_variation(head.problem(), {}, watch).x;
  EXPECT_NE(said.find("start from zero"), std::string::npos) << said;
  EXPECT_GT(head.psnr(x), head.psnr(head.backend->allocate(x.spec(), *head.stream)) + 5);
}

TEST(TotalVariation, GoesOnFromACheckpointToTheSameBits) {
  const Head head(24);
  const auto problem = head.problem();
  TvOptions options;
  options.iterations = 40;
  options.relative_tolerance = 0;
  const auto whole = total_variation(problem, options, Watch::silent());
  for (const std::int64_t at : {5, 12, 25, 36}) {  // before, on, between and after the corrections of the weight
    std::optional<iso::Checkpoint> kept;
    auto watch = Watch::silent();
    std::int64_t iteration = 0;
    watch.wants_checkpoint = [&] { return ++iteration == at; };
    watch.keep = [&](const iso::Checkpoint& state) { kept = state; };
    (void)total_variation(problem, options, watch);
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->iteration, at);
    auto again = Watch::silent();
    again.resumed = kept;
    const auto result = total_variation(problem, options, again);
    EXPECT_EQ(result.weight, whole.weight) << "from " << at;
    EXPECT_TRUE(same_bits(head.values(result.x), head.values(whole.x))) << "from " << at;
  }
}

TEST(Sart, ReconstructsBetterThanFilteredBackprojectionOfFewViews) {
  const Head head(24);
  const auto problem = head.problem();
  const double direct = head.psnr(head.fbp(problem));
  EXPECT_GT(head.psnr(sart(problem, {}, Watch::silent())), direct + 2);
  SartOptions subsets;
  subsets.subsets = 4;
  EXPECT_GT(head.psnr(sart(problem, subsets, Watch::silent())), direct + 2);
}

TEST(Cgls, EndsAtTheNoiseLevel) {
  const Head head(90);
  const auto problem = head.problem();
  CglsMethodOptions options;
  options.iterations = 200;
  options.noise_factor = 4;
  std::string said;
  auto watch = Watch::silent();
  watch.log = [&](const std::string& text) { said += text + "\n"; };
  const auto x = cgls(problem, options, watch);
  EXPECT_NE(said.find("residual target reached"), std::string::npos) << said;
  EXPECT_LE(agreement(problem, x).rms, 4.0001 * problem.noise);
}

TEST(EveryMethod, GivesTheSameBitsWithOneAndTwoThreads) {
  const Head head(24);
  const auto all = [&] {
    std::vector<std::vector<float>> results;
    const auto problem = head.problem();
    TvOptions tv;
    tv.iterations = 25;
    results.push_back(head.values(head.fbp(problem)));
    results.push_back(head.values(sart(problem, {}, Watch::silent())));
    results.push_back(head.values(cgls(problem, {}, Watch::silent())));
    results.push_back(head.values(total_variation(problem, tv, Watch::silent()).x));
    tv.solver = TvSolver::admm;
    results.push_back(head.values(total_variation(problem, tv, Watch::silent()).x));
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

TEST(RegionOfInterest, KeepsTheVoxelsOfTheWholeImage) {
  Head head(24);
  const auto whole = plan(head.scan, head.request).grid;
  head.request.roi_centre_mm = {10, -20};
  head.request.roi_size_mm = {20, 30};
  const auto region = region_of(whole, head.request);
  EXPECT_EQ(region.grid.size, (std::array<std::int64_t, 3>{10, 16, 1}));
  auto image = iso::PixelBlock::allocate({whole.shape(), iso::ScalarType::f32});
  const auto values = image.mutable_values<float>();
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  const auto part = cut(image, region);
  const auto place = whole.to_index(region.grid.to_world({3, 4, 0}));
  EXPECT_EQ(part.values<float>()[4 * 10 + 3], static_cast<float>(std::lround(place[1]) * 64 + std::lround(place[0])));
}

TEST(RegionOfInterest, OutsideTheFieldOfViewIsRefused) {
  Head head(24);
  head.request.roi_centre_mm = {500, 0};
  head.request.roi_size_mm = {10, 10};
  EXPECT_THROW((void)region_of(plan(head.scan, head.request).grid, head.request), iso::Error);
}

TEST(RefusalOfFbp, NamesTheCoverageThatIsMissing) {
  EXPECT_FALSE(refusal_of_fbp(Head(24).scan.geometry));
  const auto limited = refusal_of_fbp(Head(30, pi / 2).scan.geometry);
  ASSERT_TRUE(limited);
  EXPECT_NE(limited->find("the views cover 90 degrees"), std::string::npos) << *limited;
}

TEST(RefusalOfFbp, AgreesWithTheSolver) {
  for (const double span : {90.0, 180.0, 200.0, 215.0, 230.0, 300.0, 360.0}) {
    const Head head(60, span * pi / 180);
    const auto problem = head.problem();
    bool refused = false;
    try {
      (void)head.fbp(problem);
    } catch (const iso::Error&) {
      refused = true;
    }
    EXPECT_EQ(refusal_of_fbp(head.scan.geometry).has_value(), refused) << span << " degrees";
  }
}
