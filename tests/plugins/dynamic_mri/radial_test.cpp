// All methods on spokes.
#include "series_fixture.h"

#include <gtest/gtest.h>
#include <iso/mri/radial.h>
#include <iso/solvers/power_iteration.h>

using namespace dynamic_mri;

namespace {

iso::KSpace radial_scan(const iso::Volume& heart, std::int64_t spokes, std::int64_t coils) {
  const auto stream = cpu().make_stream();
  return iso::mri::simulate_radial(heart, {.spokes = spokes, .coils = coils, .noise = 1e-3, .seed = 2}, cpu(), *stream);
}

template <class P>
double psnr(const iso::KSpace& scan, const iso::Volume& truth, P options, int iterations) {
  if constexpr (ModelMethod<P>) options.weights = WeightRule::fixed;
  if constexpr (ModelMethod<P>) options.iterations = iterations;
  return errors(reconstructed(scan, options), truth).psnr_db;
}

}  // namespace

TEST(RadialSeries, EncodingIsMatchedToItsAdjointAndHasANormBelowOne) {
  const iso::Volume heart = iso::mri::heart_phantom(33, 3);
  for (const std::int64_t coils : {1, 4}) {
    NotedProgress progress;
    const auto stream = cpu().make_stream();
    const iso::mri::SeriesProblem problem{radial_scan(heart, 8, coils), iso::mri::SeriesParameters{}, cpu(), *stream,
                                          progress};
    EXPECT_LT(iso::compute::adjoint_gap(*problem.a, 5), 1e-5);
    EXPECT_LT(iso::compute::normal_gap(*problem.a, 5), 1e-4);
    const double norm = iso::solvers::operator_norm(*problem.a, *stream, 60);
    EXPECT_LT(norm, 1 + 1e-4);
    EXPECT_GT(norm, 0.9);
  }
}

TEST(RadialSeries, MethodsAreBetterThanGriddingOnFewSpokes) {
  const iso::Volume heart = iso::mri::heart_phantom(64, 12);
  const iso::KSpace scan = radial_scan(heart, 13, 4);
  const double gridded = psnr(scan, heart, ZeroFilledOptions{}, 0), sense = psnr(scan, heart, CgSenseOptions{}, 0);
  const double best = psnr(scan, heart, RdledmOptions{}, 60);
  RecordProperty("gridded", std::to_string(gridded));
  std::printf("radial heart 64 x 64 x 12, 13 spokes, 4 coils: gridding %.2f, cg_sense %.2f, rdledm %.2f dB\n", gridded,
              sense, best);
  EXPECT_GT(best, gridded + 8);
  EXPECT_GT(sense, gridded + 3);
  EXPECT_GT(gridded, 14);
  EXPECT_GT(best, sense + 3);
  RdledmOptions preset;
  preset.preset = Preset::radial;
  const double tuned = psnr(scan, heart, preset, 60);
  std::printf("  rdledm, preset radial %.2f dB\n", tuned);
  EXPECT_GT(tuned, best + 1);
  const auto expect_better = [&](const char* name, double found) {
    std::printf("  %s %.2f dB\n", name, found);
    EXPECT_GT(found, gridded + 2) << name;
  };
  expect_better("ftvnnr", psnr(scan, heart, FtvnnrOptions{}, 60));
  expect_better("l_plus_s", psnr(scan, heart, LPlusSOptions{}, 60));
  expect_better("temporal_tv", psnr(scan, heart, TemporalTvOptions{}, 60));
  expect_better("llr", psnr(scan, heart, LlrOptions{}, 60));
  expect_better("kt_slr", psnr(scan, heart, KtSlrOptions{}, 60));
}

TEST(RadialSeries, MapsFromTheGriddedMeanComeCloseToTheGivenOnes) {
  const iso::Volume heart = iso::mri::heart_phantom(64, 12);
  iso::KSpace scan = radial_scan(heart, 21, 4);
  const double given = psnr(scan, heart, CgSenseOptions{}, 0);
  scan.coil_sensitivities = {};
  for (const auto source : {iso::mri::MapSource::adaptive, iso::mri::MapSource::eigenvector}) {
    CgSenseOptions options;
    options.coil_maps = source;
    NotedProgress progress;
    const iso::Volume found = reconstructed(scan, options, &progress);
    // Magnitudes: the phase of the maps is another one.
    EXPECT_GT(errors(found, heart).psnr_db, given - 2.5) << progress.said;
  }
}

TEST(RadialSeries, AutomaticWeightsLeaveSpokesOut) {
  const iso::Volume heart = iso::mri::heart_phantom(32, 6);
  RdledmOptions options;
  options.iterations = 20;
  NotedProgress progress;
  const iso::Volume found = reconstructed(radial_scan(heart, 13, 2), options, &progress);
  EXPECT_GT(progress.figures.at("held_out_error"), 0);
  EXPECT_LT(progress.figures.at("held_out_error"), 1);
  EXPECT_LT(errors(found, heart).nrmse, 0.3);
}

TEST(RadialSeries, OneLongFrameIsCutIntoFramesAsAsked) {
  iso::KSpace scan = radial_scan(iso::mri::heart_phantom(32, 1), 40, 2);
  CgSenseOptions options;
  options.spokes_per_frame = 8;
  EXPECT_EQ(reconstructed(scan, options).pixels.spec().shape, (iso::Shape{32, 32, 1, 5}));
  options.spokes_per_frame = 41;
  EXPECT_NE(iso::mri::unsuited(scan, options).find("41 spokes"), std::string::npos);
}
