#include <gtest/gtest.h>
#include <iso/base/error.h>
#include <iso/base/random.h>
#include <iso/tomography/coverage.h>
#include <iso/tomography/field_of_view.h>
#include <iso/tomography/noise_level.h>
#include <iso/tomography/scan_problem.h>
#include <iso/tomography/views.h>

#include <cmath>
#include <numbers>

using namespace iso::tomography;

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
  auto readings = iso::PixelBuffer::allocate({iso::Shape{3, 1, 4}, iso::ScalarType::f32});
  auto values = readings.values<float>();
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  scan.readings = std::move(readings);
  const auto kept = keep_views(scan, std::vector<std::int64_t>{1, 3});
  ASSERT_EQ(kept.readings.spec().shape, (iso::Shape{3, 1, 2}));
  EXPECT_EQ(kept.readings.values<float>()[0], 3.0F);
  EXPECT_EQ(kept.readings.values<float>()[3], 9.0F);
  EXPECT_EQ(kept.geometry.views()[1], scan.geometry.views()[3]);
}

TEST(ViewSelection, KeepsTheMaskOfDeadElementsOfTheKeptViews) {
  iso::Sinogram scan;
  scan.geometry = parallel(4, 3, 1);
  scan.readings = iso::PixelBuffer::allocate({iso::Shape{3, 1, 4}, iso::ScalarType::f32});
  const auto mask = [](std::int64_t views) {
    auto made = iso::PixelBuffer::allocate({iso::Shape{3, 1, views}, iso::ScalarType::u8});
    const auto values = made.values<std::uint8_t>();
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = i % 4 == 1 ? 0 : 1;
    return made;
  };
  scan.mask = mask(4);
  const auto own = keep_views(scan, std::vector<std::int64_t>{1, 3});
  ASSERT_EQ(own.mask.spec().shape, (iso::Shape{3, 1, 2}));
  const auto seen = own.mask.values<std::uint8_t>();
  EXPECT_EQ(std::vector<int>(seen.begin(), seen.end()), (std::vector<int>{1, 1, 0, 0, 1, 1})) << "of views 1 and 3";
  scan.mask = mask(1);
  EXPECT_EQ(keep_views(scan, std::vector<std::int64_t>{1, 3}).mask.spec().shape, (iso::Shape{3, 1, 1}));
}

TEST(ViewSelection, LeavesViewsThatFollowEachOtherWhereTheyAre) {
  iso::Sinogram scan;
  scan.geometry = parallel(4, 3, 1);
  scan.readings = iso::PixelBuffer::allocate({iso::Shape{3, 1, 4}, iso::ScalarType::f32});
  const auto kept = keep_views(scan.readings, std::vector<std::int64_t>{1, 2});
  EXPECT_EQ(kept.data(), scan.readings.data() + 3 * sizeof(float));
  EXPECT_EQ(kept.spec().shape, (iso::Shape{3, 1, 2}));
  EXPECT_THROW((void)keep_views(scan.readings, std::vector<std::int64_t>{3, 4}), iso::Error);
  EXPECT_THROW((void)keep_views(scan.readings, std::vector<std::int64_t>{}), iso::Error);
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
  auto readings = iso::PixelBuffer::allocate({iso::Shape{400, 1, 100}, iso::ScalarType::f32});
  auto values = readings.values<float>();
  const iso::Philox random{7, 0};
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double u = static_cast<double>(i % 400) / 400.0;
    values[i] = static_cast<float>(3.0 * u * (1 - u) + 0.02 * random.normal(i));
  }
  EXPECT_NEAR(noise_level(std::move(readings)), 0.02, 0.0005);
}

TEST(FieldOfViewMask, ReplacesOnlyWhatLiesOutside) {
  const auto grid = iso::VoxelGrid::centred({5, 5, 1}, {1, 1, 1});
  std::vector<float> values(25, 1.0F);
  mask_outside(values, grid, 2.0, 0.0F);
  EXPECT_EQ(values[12], 1.0F);
  EXPECT_EQ(values[10], 1.0F);
  EXPECT_EQ(values[0], 0.0F);
}

namespace {

constexpr double pi = std::numbers::pi;

iso::ProjectionGeometry fan(const std::vector<double>& angles, double offset = 0) {
  iso::CircularScan scan;
  scan.source_to_axis_mm = 300;
  scan.source_to_detector_mm = 600;
  scan.elements = {96, 1};
  scan.element_pitch_mm = {4, 4};
  scan.offset_mm = {offset, 0, 0};
  return iso::ProjectionGeometry::circular(angles, scan);
}

std::string why_not(const iso::ProjectionGeometry& geometry) {
  const auto refusal = why_not_covered(geometry);
  return refusal ? refusal->what() : "";
}

}  // namespace

TEST(Upsampling, PutsViewsWhereAFinerScanHasThem) {
  const auto fine = fan(iso::equal_angles(24, 2 * pi)), made = upsample_views(fan(iso::equal_angles(8, 2 * pi)), 3);
  ASSERT_EQ(made.views().size(), 24U);
  for (std::size_t i = 0; i < 24; ++i) {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      EXPECT_NEAR(made.views()[i].source_mm[axis], fine.views()[i].source_mm[axis], 1e-9);
      EXPECT_NEAR(made.views()[i].u_step_mm[axis], fine.views()[i].u_step_mm[axis], 1e-9);
    }
  }
  EXPECT_EQ(upsample_views(parallel(10, 5, 1), 2).views().size(), 19U);  // half a turn: nothing follows the last view
  EXPECT_THROW((void)upsample_views(parallel(10, 5, 1), 0), iso::Error);
}

TEST(Coverage, OfAParallelBeamIsHalfATurn) {
  const auto seen = coverage(parallel(180, 100, 0.5));
  EXPECT_NEAR(seen.angles.covered, pi, 1e-9);
  EXPECT_TRUE(seen.angles.whole);
  EXPECT_FALSE(seen.one_sided);
  EXPECT_NEAR(seen.complete_radius_mm, 25, 1e-9);
}

TEST(Coverage, OfADetectorToOneSideIsCompleteUpToItsWiderSideOnAFullTurnOnly) {
  const auto half = coverage(parallel(180, 100, 0.5, 10));
  EXPECT_FALSE(half.one_sided);
  EXPECT_NEAR(half.complete_radius_mm, 15, 1e-9);
  const auto turn =
      coverage(iso::ProjectionGeometry::parallel(iso::equal_angles(360, 2 * pi), {100, 1}, {0.5, 0.5}, 10));
  EXPECT_TRUE(turn.one_sided);
  EXPECT_NEAR(turn.complete_radius_mm, 35, 1e-9);
}

TEST(Coverage, IsNotThereWhereNoRayPassesTheAxis) {
  EXPECT_NE(why_not(parallel(180, 100, 0.5, 40)).find("no ray of the scan passes the axis"), std::string::npos);
}

TEST(Coverage, CountsViewsThatAreUnequallySpacedByTheAngleToTheirNeighbours) {
  std::vector<double> angles;
  for (int i = 0; i < 60; ++i) angles.push_back(i * pi / 90);               // every 2 degrees up to 120
  for (int i = 0; i < 15; ++i) angles.push_back((120 + 4 * i) * pi / 180);  // every 4 degrees up to 180
  const auto spread = angular_spread(angles, pi);
  EXPECT_TRUE(spread.whole);
  EXPECT_NEAR(spread.view[10], 2 * pi / 180, 1e-9);
  EXPECT_NEAR(spread.view[65], 4 * pi / 180, 1e-9);
  EXPECT_NEAR(spread.covered, pi, 1e-9);
}

TEST(Coverage, LeavesOutEveryGapNotOnlyTheWidest) {
  std::vector<double> angles;
  for (int degree = 0; degree < 360; degree += 2) {
    if ((degree > 40 && degree < 120) || (degree > 200 && degree < 290)) continue;  // two gaps of 80 and 90 degrees
    angles.push_back(degree * pi / 180);
  }
  const auto spread = angular_spread(angles, 2 * pi);
  EXPECT_FALSE(spread.whole);
  EXPECT_NEAR(spread.covered * 180 / pi, 360 - 80 - 90, 8);
  EXPECT_NE(why_not(fan(angles)).find("degrees, filtered back-projection needs"), std::string::npos);
}

TEST(Coverage, IsRefusedByTheNumberOfDegreesThatIsMissing) {
  EXPECT_EQ(why_not(fan(iso::equal_angles(24, 2 * pi))), "");
  EXPECT_NE(why_not(fan(iso::equal_angles(30, pi / 2))).find("the views cover 90 degrees"), std::string::npos);
  EXPECT_NE(why_not(parallel(1, 10, 1)), "");
}

TEST(RegionOfInterest, KeepsTheVoxelsOfTheWholeImage) {
  const auto geometry = fan(iso::equal_angles(24, 2 * pi));
  ScanParameters parameters;
  parameters.size = 64;
  parameters.spacing_mm = 2;
  const auto whole = plan_scan(geometry, parameters).grid;
  parameters.roi_centre_mm = {10, -20};
  parameters.roi_size_mm = {20, 30};
  const auto region = plan_scan(geometry, parameters).region;
  EXPECT_EQ(region.grid.size, (std::array<std::int64_t, 3>{10, 16, 1}));
  auto image = iso::PixelBuffer::allocate({whole.shape(), iso::ScalarType::f32});
  const auto values = image.values<float>();
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  const auto part = cut(std::move(image), region);
  const auto place = whole.to_index(region.grid.to_world({3, 4, 0}));
  EXPECT_EQ(part.values<float>()[4 * 10 + 3], static_cast<float>(std::lround(place[1]) * 64 + std::lround(place[0])));
}

TEST(ScanParameters, NameEverythingThatDoesNotFitTheScan) {
  ScanParameters parameters;
  parameters.use_views = 25;
  parameters.roi_centre_mm = {1};
  parameters.roi_size_mm = {1, 2, 3, -4};
  const auto found = mismatches(fan(iso::equal_angles(24, 2 * pi)), parameters);
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found.back().parameter, "use_views");
  EXPECT_NE(found.back().sentence.find("24 views"), std::string::npos);
  parameters = {};
  parameters.roi_centre_mm = {500, 0};
  parameters.roi_size_mm = {10, 10};
  EXPECT_THROW((void)plan_scan(fan(iso::equal_angles(24, 2 * pi)), parameters), iso::Error);
  EXPECT_THROW((void)plan_scan({}, {}), iso::Error);
}

TEST(FinishedImage, IsOfAPatientOnlyIfTheScanSaysSo) {
  ScanParameters parameters;
  parameters.size = 8;
  const auto plan = plan_scan(fan(iso::equal_angles(24, 2 * pi)), parameters);
  const iso::Pixels image = iso::PixelBuffer::allocate(plan.image());
  EXPECT_EQ(finish_image(image, plan, parameters, {}).meta.at("orientation"), "unknown");
  EXPECT_EQ(finish_image(image, plan, parameters, {{"orientation", "patient"}}).meta.count("orientation"), 0U);
}

TEST(FinishedImage, HasItsUnitsAndItsMaskAndLeavesTheImageAlone) {
  ScanParameters parameters;
  parameters.size = 8;
  parameters.units = ImageUnits::hounsfield;
  const auto plan = plan_scan(fan(iso::equal_angles(24, 2 * pi)), parameters);
  auto buffer = iso::PixelBuffer::allocate(plan.image());
  for (auto& value : buffer.values<float>()) value = 0.0384F;
  const iso::Pixels image = std::move(buffer);
  const auto finished = finish_image(image, plan, parameters, {});
  EXPECT_EQ(finished.quantity, iso::Quantity::hounsfield);
  EXPECT_NEAR(finished.pixels.values<float>()[8 * 4 + 4], 1000, 1e-3);
  EXPECT_NEAR(finished.pixels.values<float>()[0], -1000, 1e-3);
  EXPECT_EQ(image.values<float>()[0], 0.0384F);
}
