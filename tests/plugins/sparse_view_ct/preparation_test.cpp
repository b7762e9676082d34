#include "method/preparation.h"

#include <gtest/gtest.h>
#include <iso/base/error.h>
#include <iso/base/random.h>

#include <cmath>
#include <numbers>

using namespace sparse_view_ct;

namespace {

iso::ProjectionGeometry parallel(std::int64_t views, std::int64_t elements, double pitch, double offset = 0) {
  return iso::ProjectionGeometry::parallel(iso::equal_angles(views, std::numbers::pi), {elements, 1}, {pitch, pitch},
                                           offset);
}

}  // namespace

TEST(ViewSelection, KeepsEqualStepsAndTheFirstView) {
  EXPECT_EQ(equally_spaced_views(360, 4), (std::vector<std::int64_t>{0, 90, 180, 270}));
  const auto of_459 = equally_spaced_views(459, 60);
  ASSERT_EQ(of_459.size(), 60U);
  for (std::size_t i = 1; i < of_459.size(); ++i) {
    EXPECT_GE(of_459[i] - of_459[i - 1], 7);
    EXPECT_LE(of_459[i] - of_459[i - 1], 8);
  }
}

TEST(ViewSelection, ZeroKeepsEveryView) { EXPECT_EQ(equally_spaced_views(5, 0).size(), 5U); }

TEST(ViewSelection, RefusesMoreViewsThanTheScanHas) { EXPECT_THROW((void)equally_spaced_views(5, 6), iso::Error); }

TEST(ViewSelection, CopiesTheReadingsOfTheKeptViews) {
  iso::Sinogram scan;
  scan.geometry = parallel(4, 3, 1);
  scan.readings = iso::PixelBlock::allocate({iso::Shape{3, 1, 4}, iso::ScalarType::f32});
  auto values = scan.readings.mutable_values<float>();
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  const auto kept = keep_views(scan, {1, 3});
  ASSERT_EQ(kept.readings.spec().shape, (iso::Shape{3, 1, 2}));
  EXPECT_EQ(kept.readings.values<float>()[0], 3.0F);
  EXPECT_EQ(kept.readings.values<float>()[3], 9.0F);
  EXPECT_EQ(kept.geometry.views()[1], scan.geometry.views()[3]);
}

TEST(FieldOfView, OfAParallelBeamIsHalfTheDetector) {
  const auto seen = field_of_view(parallel(10, 100, 0.5));
  EXPECT_NEAR(seen.radius_mm, 25.0, 1e-9);
  EXPECT_NEAR(seen.resolution_mm, 0.5, 1e-9);
}

TEST(FieldOfView, OfADisplacedDetectorIsItsWiderSide) {
  EXPECT_NEAR(field_of_view(parallel(10, 100, 0.5, 5.0)).radius_mm, 30.0, 1e-9);
}

TEST(FieldOfView, OfAFanBeamIsTheCircleTheOutermostRayTouches) {
  iso::CircularScan scan;
  scan.source_to_axis_mm = 400;
  scan.source_to_detector_mm = 800;
  scan.elements = {100, 1};
  scan.element_pitch_mm = {2, 2};
  const auto geometry = iso::ProjectionGeometry::circular(iso::equal_angles(12, 2 * std::numbers::pi), scan);
  const auto seen = field_of_view(geometry);
  EXPECT_NEAR(seen.radius_mm, 400 * std::sin(std::atan(100.0 / 800.0)), 1e-6);
  EXPECT_NEAR(seen.resolution_mm, 1.0, 1e-9);
}

TEST(ReconstructionGrid, DefaultsToOneVoxelAnElement) {
  const auto grid = reconstruction_grid(parallel(10, 101, 0.5), 0, 0);
  EXPECT_EQ(grid.size, (std::array<std::int64_t, 3>{101, 101, 1}));
  EXPECT_NEAR(grid.spacing_mm[0], 0.5, 1e-12);
}

TEST(ReconstructionGrid, FollowsTheSizeAsked) {
  const auto grid = reconstruction_grid(parallel(10, 100, 0.5), 50, 0);
  EXPECT_EQ(grid.size[0], 50);
  EXPECT_NEAR(grid.spacing_mm[0], 1.0, 1e-12);
}

TEST(NoiseLevel, FindsTheDeviationOfGaussianNoiseOnASmoothProfile) {
  auto readings = iso::PixelBlock::allocate({iso::Shape{400, 1, 100}, iso::ScalarType::f32});
  auto values = readings.mutable_values<float>();
  const iso::Philox random{7, 0};
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double u = static_cast<double>(i % 400) / 400.0;
    values[i] = static_cast<float>(3.0 * u * (1 - u) + 0.02 * random.normal(i));
  }
  EXPECT_NEAR(noise_level(readings), 0.02, 0.0005);
}

TEST(HounsfieldUnits, AreZeroForWaterAndMinusThousandForAir) {
  std::vector<float> values{0.0192F, 0.0F, 0.0384F};
  to_hounsfield(values, 0.0192);
  EXPECT_NEAR(values[0], 0, 1e-3);
  EXPECT_NEAR(values[1], -1000, 1e-3);
  EXPECT_NEAR(values[2], 1000, 1e-3);
}

TEST(FieldOfViewMask, ReplacesOnlyWhatLiesOutside) {
  const auto grid = iso::VoxelGrid::centred({5, 5, 1}, {1, 1, 1});
  std::vector<float> values(25, 1.0F);
  mask_outside(values, grid, 2.0, 0.0F);
  EXPECT_EQ(values[12], 1.0F);
  EXPECT_EQ(values[10], 1.0F);
  EXPECT_EQ(values[0], 0.0F);
}
