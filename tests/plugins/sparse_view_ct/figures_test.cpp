// The figures that the README promises, on real data; the full tables are made by sparse_view_ct_figures.
#include "method/total_variation.h"
#include "method/preparation.h"

#include "cpu_backend.h"
#include "real_scans.h"

#include <gtest/gtest.h>
#include <iso/evaluation/metrics.h>
#include <iso/evaluation/noise.h>
#include <iso/solvers/filtered_backprojection.h>

using namespace sparse_view_ct;

namespace {

struct Pair {
  iso::PixelBlock fbp, tv;
};

Pair reconstruct(const iso::Sinogram& scan, const Request& request) {
  const auto backend = iso::gpu::make_cpu_backend();
  const auto stream = backend->make_stream();
  auto prepared = prepare(scan, request);
  const Problem problem{prepared, *backend, *stream};
  Pair out;
  out.fbp = backend->download(
      iso::solvers::filtered_backprojection(*backend, problem.geometry, problem.readings, problem.grid, {}, *stream), *stream);
  out.tv = backend->download(total_variation(problem, {}, Watch::silent()).x, *stream);
  return out;
}

struct Decibels {
  double fbp, tv;
};

Decibels of_chest_slice(int index, std::int64_t views, double photons) {
  const auto slice = real::chest_slice(index);
  const auto scan = iso::evaluation::add_noise(real::project_by_samples(slice, real::fan(views)), {photons, 0, 1});
  const auto images = reconstruct(scan, {.size = 512, .spacing_mm = real::pixel_mm});
  const auto truth = iso::evaluation::to_hounsfield(slice.pixels, real::water_per_mm);
  const auto score = [&](const iso::PixelBlock& x) {
    return iso::evaluation::compare_hounsfield(iso::evaluation::to_hounsfield(x, real::water_per_mm), truth).mapped.psnr_db;
  };
  return {score(images.fbp), score(images.tv)};
}

}  // namespace

TEST(ChestSlice, OfThirtySixNoisyViewsGainsFiveDecibelsByTotalVariation) {
  if (!real::shared_data()) GTEST_SKIP() << real::why_absent();
  const auto db = of_chest_slice(5, 36, 1e5);
  EXPECT_GE(db.tv, db.fbp + 5) << "FBP " << db.fbp;
}

TEST(ChestSlice, OfSeventyTwoNoisyViewsGainsFiveDecibelsByTotalVariation) {
  if (!real::shared_data()) GTEST_SKIP() << real::why_absent();
  const auto db = of_chest_slice(20, 72, 1e6);
  EXPECT_GE(db.tv, db.fbp + 5) << "FBP " << db.fbp;
}

TEST(NeutronScan, OfSixtyViewsGainsFourDecibelsByTotalVariation) {
  if (!real::shared_data()) GTEST_SKIP() << real::why_absent();
  const auto scan = real::neutron_scan();
  const Request whole{.size = 503, .spacing_mm = 1};
  const auto backend = iso::gpu::make_cpu_backend();
  const auto stream = backend->make_stream();
  auto prepared = prepare(scan, whole);
  const auto grid = prepared.grid;
  const Problem problem{prepared, *backend, *stream};
  const auto truth = backend->download(
      iso::solvers::filtered_backprojection(*backend, problem.geometry, problem.readings, grid, {}, *stream), *stream);
  auto request = whole;
  request.use_views = 60;
  const auto images = reconstruct(scan, request);
  auto mask = iso::PixelBlock::allocate({grid.shape(), iso::ScalarType::u8});
  auto inside = mask.mutable_values<std::uint8_t>();
  for (std::int64_t y = 0; y < 503; ++y) {
    for (std::int64_t x = 0; x < 503; ++x) inside[static_cast<std::size_t>(y * 503 + x)] = (x - 251) * (x - 251) + (y - 251) * (y - 251) <= 245 * 245;
  }
  const auto score = [&](const iso::PixelBlock& x) { return iso::evaluation::compare(x, truth, {.mask = mask, .data_range = {}}).psnr_db; };
  EXPECT_GE(score(images.tv), score(images.fbp) + 4) << "FBP " << score(images.fbp);
}
