// The figures that the README promises, on real data; the full tables are made by sparse_view_ct_figures.
#include "cpu_backend.h"
#include "noted_progress.h"
#include "real_scans.h"

#include <gtest/gtest.h>
#include <iso/evaluation/metrics.h>
#include <iso/evaluation/noise.h>
#include <iso/tomography/views.h>

#include <cstdio>
#include <string>
#include <tuple>

using namespace sparse_view_ct;
using namespace iso::tomography;

namespace {

struct Pair {
  iso::Pixels fbp, tv;
};

Pair both(const iso::Sinogram& scan, const ScanParameters& parameters) {
  const auto backend = iso::gpu::make_cpu_backend();
  const auto stream = backend->make_stream();
  const auto problem = make_problem(scan, parameters, *backend, *stream);
  return {backend->download(reconstruct(problem, FbpOptions{}), *stream),
          backend->download(reconstruct(problem, TvOptions{}), *stream)};
}

struct Decibels {
  double fbp, tv;
};

Decibels of_slice(const iso::Volume& slice, std::int64_t views, double photons) {
  const auto scan = iso::evaluation::add_noise(real::project_by_samples(slice, real::fan(views)), {photons, 0, 1});
  const auto images = both(scan, on_grid(512, real::pixel_mm));
  const auto truth = iso::evaluation::to_hounsfield(slice.pixels, real::water_per_mm);
  const auto score = [&](const iso::Pixels& x) {
    return iso::evaluation::compare_hounsfield(iso::evaluation::to_hounsfield(x, real::water_per_mm), truth)
        .mapped.psnr_db;
  };
  return {score(images.fbp), score(images.tv)};
}

}  // namespace

// Fan beam, 512 x 512, noise of that many photons: the sample that ships, and slices of the shared data, each of another patient.
// `sparse_view_ct_figures chest` measures more slices, doses and views.
class FewViews : public ::testing::TestWithParam<std::tuple<int, std::int64_t>> {};
constexpr int sample = -1;
std::string to_name(const ::testing::TestParamInfo<std::tuple<int, std::int64_t>>& test) {
  const auto [slice, views] = test.param;
  return (slice == sample ? std::string{"Sample"} : "Slice" + std::to_string(slice)) + "Of" + std::to_string(views);
}
INSTANTIATE_TEST_SUITE_P(ChestSlices, FewViews,
                         ::testing::Combine(::testing::Values(sample, 5, 40), ::testing::Values(36, 72)), to_name);

TEST_P(FewViews, GainFiveDecibelsByTotalVariation) {
  const auto [slice, views] = GetParam();
  if (slice != sample && !real::shared_data()) GTEST_SKIP() << real::why_absent();
  const auto db = of_slice(slice == sample ? real::sample_slice() : real::chest_slice(slice), views, 1e5);
  std::printf("FBP %.2f dB, TV %.2f dB\n", db.fbp, db.tv);
  EXPECT_GE(db.tv, db.fbp + 5) << "FBP " << db.fbp;
}

TEST(ManyViews, AreNoWorseByTotalVariationThanByFilteredBackprojection) {
  const auto db = of_slice(real::sample_slice(), 720, 1e6);  // the cleaner scan is the harder one for a prior
  std::printf("FBP %.2f dB, TV %.2f dB\n", db.fbp, db.tv);
  EXPECT_GE(db.tv, db.fbp);
}

TEST(ConeBeam, OfThirtyNoisyViewsGainsFourDecibelsOverFeldkampByTotalVariationInSpace) {
  if (!real::shared_data()) GTEST_SKIP() << real::why_absent();
  // Measured on voxels of a quarter of the size, so that scan and reconstruction do not share a model.
  const auto fine = real::chest_volume(96);
  const auto truth = real::coarser(fine, 4);
  const double voxel = truth.grid.spacing_mm[0], height = voxel * static_cast<double>(truth.grid.size[2]);
  const auto backend = iso::gpu::make_cpu_backend();
  const auto stream = backend->make_stream();
  iso::Sinogram scan;
  scan.geometry = real::cone(voxel, height, 30);
  const auto a = backend->make(iso::compute::RayTransform{scan.geometry, fine.grid});
  auto readings = backend->allocate(a->range(), *stream);
  a->forward(backend->upload(fine.pixels, *stream), readings, *stream);
  scan.readings = backend->download(readings, *stream);
  auto parameters = on_grid(truth.grid.size[0], voxel);
  parameters.roi_size_mm = {1e4, 1e4, height};
  const auto images = both(iso::evaluation::add_noise(scan, {1e5, 0, 1}), parameters);
  const auto region = plan_scan(scan.geometry, parameters).region;
  ASSERT_EQ(region.grid, truth.grid);
  const auto truth_hu = iso::evaluation::to_hounsfield(truth.pixels, real::water_per_mm);
  const auto score = [&](const iso::Pixels& x) {
    return iso::evaluation::compare_hounsfield(iso::evaluation::to_hounsfield(cut(x, region), real::water_per_mm),
                                               truth_hu)
        .mapped.psnr_db;
  };
  EXPECT_GE(score(images.tv), score(images.fbp) + 4) << "FDK " << score(images.fbp);
}

TEST(HelsinkiScan, OfEveryFourthViewForetellsTheOthersWithinOnePercentByTotalVariation) {
  if (!real::shared_data()) GTEST_SKIP() << real::why_absent();
  const auto scan = real::helsinki_scan("ta");
  std::vector<std::int64_t> used, others;
  for (std::int64_t view = 0; view < 121; ++view) (view % 4 == 0 ? used : others).push_back(view);
  const auto parameters = on_grid(512, 0.148322);
  const auto backend = iso::gpu::make_cpu_backend();
  const auto stream = backend->make_stream();
  const auto problem = make_problem(keep_views(scan, used), parameters, *backend, *stream);
  const auto test = make_problem(keep_views(scan, others), parameters, *backend, *stream);
  const auto tv = reconstruct(problem, TvOptions{}), least_squares = reconstruct(problem, CglsOptions{});
  EXPECT_LT(agreement(test, tv).relative, 0.01);
  EXPECT_LT(agreement(test, tv).relative, agreement(test, least_squares).relative);
}

TEST(NeutronScan, OfSixtyViewsGainsFourDecibelsByTotalVariation) {
  if (!real::shared_data()) GTEST_SKIP() << real::why_absent();
  const auto scan = real::neutron_scan();
  const auto backend = iso::gpu::make_cpu_backend();
  const auto stream = backend->make_stream();
  const auto problem = make_problem(scan, on_grid(503, 1), *backend, *stream);
  const auto truth = backend->download(reconstruct(problem, FbpOptions{}), *stream);
  const auto images = both(scan, on_grid(503, 1, 60));
  auto mask = iso::PixelBuffer::allocate({problem.grid.shape(), iso::ScalarType::u8});
  auto inside = mask.values<std::uint8_t>();
  for (std::int64_t y = 0; y < 503; ++y) {
    for (std::int64_t x = 0; x < 503; ++x)
      inside[static_cast<std::size_t>(y * 503 + x)] = (x - 251) * (x - 251) + (y - 251) * (y - 251) <= 245 * 245;
  }
  const iso::Pixels disc = std::move(mask);
  const auto score = [&](const iso::Pixels& x) {
    return iso::evaluation::compare(x, truth, {.mask = disc, .data_range = {}}).psnr_db;
  };
  EXPECT_GE(score(images.tv), score(images.fbp) + 4) << "FBP " << score(images.fbp);
}
