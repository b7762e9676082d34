#include "support/dense_operator.h"

#include <gtest/gtest.h>
#include <iso/evaluation/phantoms.h>
#include <iso/tomography/coverage.h>
#include <iso/tomography/filtered_backprojection.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <numbers>
#include <string>

using namespace iso;
using namespace iso::tomography;
using iso::testing::reference;

namespace {

constexpr double pi = std::numbers::pi;

// An off-centre disc of value 0.03 and radius 30 with a hole: known mean inside, 0 outside.
evaluation::Phantom object() {
  const double endless = std::numeric_limits<double>::infinity();
  evaluation::Phantom out{"disc", {}};
  out.solids.push_back({evaluation::Form::cylinder, {8, -5, 0}, {30, 30, endless}, 0.03, identity3, {}});
  out.solids.push_back({evaluation::Form::cylinder, {20, -5, 0}, {6, 6, endless}, -0.03, identity3, {}});
  return out;
}

struct Scan {
  std::string name;
  ProjectionGeometry geometry;
  double tolerance{0.01};
};

CircularScan fan(DetectorShape shape = DetectorShape::flat) {
  CircularScan scan;
  scan.source_to_axis_mm = 150;
  scan.source_to_detector_mm = 240;
  scan.elements = {160, 1};
  scan.element_pitch_mm = {1, 1};
  scan.shape = shape;
  return scan;
}

// Mean of the image over a disc about (x, y).
double mean_about(const compute::Array& image, const VoxelGrid& grid, double cx, double cy, double radius) {
  double sum = 0;
  int count = 0;
  for (std::int64_t y = 0; y < grid.size[1]; ++y) {
    for (std::int64_t x = 0; x < grid.size[0]; ++x) {
      const auto p = grid.to_world({static_cast<double>(x), static_cast<double>(y), 0});
      if (std::hypot(p[0] - cx, p[1] - cy) > radius) continue;
      sum += static_cast<double>(image.host<float>()[static_cast<std::size_t>(y * grid.size[0] + x)]);
      ++count;
    }
  }
  return sum / count;
}

compute::Array reconstruct(const ProjectionGeometry& geometry, const VoxelGrid& grid,
                           const FilteredBackprojectionOptions& options = {}) {
  const auto stream = reference().make_stream();
  const auto scan = evaluation::project(object(), geometry, 2);
  return FilteredBackprojection{reference(), geometry, grid, options}(reference().upload(scan.readings, *stream),
                                                                      *stream);
}

std::vector<double> jittered(std::int64_t count, double span) {
  auto angles = equal_angles(count, span, 0.3);
  for (std::size_t i = 0; i < angles.size(); ++i)
    angles[i] += 0.3 * span / static_cast<double>(count) * std::sin(7.0 * static_cast<double>(i));
  return angles;
}

std::vector<Scan> scans() {
  std::vector<Scan> out;
  const auto half = equal_angles(180, pi), turn = equal_angles(360, 2 * pi, 0.4);
  out.push_back({"parallel, half a turn", ProjectionGeometry::parallel(half, {121, 1}, {1, 1})});
  out.push_back({"parallel, a full turn", ProjectionGeometry::parallel(turn, {120, 1}, {1, 1})});
  out.push_back({"parallel, unequal views", ProjectionGeometry::parallel(jittered(200, pi), {120, 1}, {1, 1})});
  out.push_back({"parallel, backwards", ProjectionGeometry::parallel(equal_angles(180, -pi), {120, 1}, {1, 1})});
  out.push_back({"parallel, axis off centre", ProjectionGeometry::parallel(half, {140, 1}, {1, 1}, 7.3)});
  out.push_back({"parallel, displaced", ProjectionGeometry::parallel(turn, {90, 1}, {1, 1}, 30)});
  out.push_back({"fan", ProjectionGeometry::circular(turn, fan())});
  out.push_back({"fan, unequal views", ProjectionGeometry::circular(jittered(360, 2 * pi), fan())});
  out.push_back(
      {"fan, closing view twice", ProjectionGeometry::circular(equal_angles(361, 2 * pi * 361 / 360), fan())});
  out.push_back({"fan on an arc", ProjectionGeometry::circular(turn, fan(DetectorShape::arc))});
  auto shifted = fan();
  shifted.offset_mm = {6, 0, 15};
  shifted.elements = {200, 1};
  out.push_back({"fan, source and detector aside", ProjectionGeometry::circular(turn, shifted)});
  shifted.shape = DetectorShape::arc;
  out.push_back({"fan on an arc, source and detector aside", ProjectionGeometry::circular(turn, shifted)});
  auto displaced = fan();
  displaced.elements = {110, 1};
  displaced.offset_mm = {35, 0, 0};
  out.push_back({"fan, displaced", ProjectionGeometry::circular(turn, displaced), 0.02});
  displaced.offset_mm = {-35, 0, 0};
  displaced.shape = DetectorShape::arc;
  out.push_back({"fan on an arc, displaced to the other side", ProjectionGeometry::circular(turn, displaced), 0.02});
  const double fan_angle = 2 * std::atan2(80, 240), arc_angle = 160.0 / 240;
  for (const double sign : {1.0, -1.0}) {
    const std::string way = sign > 0 ? "" : ", backwards";
    out.push_back(
        {"short scan" + way, ProjectionGeometry::circular(equal_angles(240, sign * (pi + fan_angle + 0.02)), fan())});
    out.push_back(
        {"longer short scan" + way, ProjectionGeometry::circular(equal_angles(260, sign * 1.4 * pi, 1), fan())});
    out.push_back(
        {"short scan on an arc" + way,
         ProjectionGeometry::circular(equal_angles(240, sign * (pi + arc_angle + 0.02)), fan(DetectorShape::arc))});
  }
  return out;
}

// The same scan with the detector's rows reversed: every view as seen from behind.
ProjectionGeometry mirrored(const ProjectionGeometry& geometry) {
  std::vector<View> views(geometry.views().begin(), geometry.views().end());
  for (auto& view : views) {
    for (auto& c : view.u_step_mm) c = -c;
  }
  return {geometry.beam(), geometry.detector_shape(), geometry.elements(), views};
}

void expect_object(const Scan& scan, const FilteredBackprojectionOptions& options = {}) {
  const auto grid = VoxelGrid::centred({96, 96, 1}, {1, 1, 1});
  const auto image = reconstruct(scan.geometry, grid, options);
  const double scale = 0.03, slack = scan.tolerance * scale;
  EXPECT_NEAR(mean_about(image, grid, -5, -5, 8), scale, slack) << scan.name;
  EXPECT_NEAR(mean_about(image, grid, 8, 16, 5), scale, slack) << scan.name;
  EXPECT_NEAR(mean_about(image, grid, 8, -26, 5), scale, slack) << scan.name;
  EXPECT_NEAR(mean_about(image, grid, 20, -5, 3), 0, 2 * slack) << scan.name;
  EXPECT_NEAR(mean_about(image, grid, -35, 25, 6), 0, slack) << scan.name;
  EXPECT_NEAR(mean_about(image, grid, 25, 30, 5), 0, slack) << scan.name;
}

template <class F>
void expect_refused(Errc code, const std::string& part, F&& f) {
  try {
    (void)f();
    ADD_FAILURE() << "nothing was thrown: " << part;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_NE(std::string{error.what()}.find(part), std::string::npos) << error.what();
  }
}

}  // namespace

class EveryKindOfScan : public ::testing::TestWithParam<Scan> {};
INSTANTIATE_TEST_SUITE_P(FilteredBackprojection, EveryKindOfScan, ::testing::ValuesIn(scans()), [](const auto& test) {
  std::string name;
  for (const char c : test.param.name) {
    if (std::isalpha(static_cast<unsigned char>(c)) != 0) name += c;
  }
  return name;
});

TEST_P(EveryKindOfScan, GivesTheValuesOfAKnownObject) { expect_object(GetParam()); }

TEST_P(EveryKindOfScan, GivesTheSameWhenTheDetectorIsSeenFromBehind) {
  const auto& scan = GetParam();
  expect_object({scan.name + ", mirrored", mirrored(scan.geometry), scan.tolerance});
}

TEST_P(EveryKindOfScan, GivesAnOperatorThatMatchesItsAdjoint) {
  const FilteredBackprojection fbp{
      reference(), GetParam().geometry, VoxelGrid::centred({24, 20, 1}, {4, 4, 1}), {}, ScalarType::f64};
  EXPECT_LT(compute::adjoint_gap(fbp, 5), 1e-11);
}

TEST(FilteredBackprojection, EveryWindowKeepsTheMeanOfFlatParts) {
  const auto geometry = ProjectionGeometry::parallel(equal_angles(180, pi), {120, 1}, {1, 1});
  for (const auto window : {FilterWindow::ram_lak, FilterWindow::shepp_logan, FilterWindow::cosine,
                            FilterWindow::hamming, FilterWindow::hann}) {
    expect_object({"window " + std::to_string(static_cast<int>(window)), geometry, 0.015}, {.filter = window});
  }
  expect_object({"cut off at half", geometry, 0.04}, {.filter = FilterWindow::hann, .cutoff = 0.5});
}

TEST(FilteredBackprojection, ACircularConeBeamIsExactInItsPlane) {
  CircularScan scan = fan();
  scan.elements = {160, 9};
  scan.offset_mm = {0, 2, 0};
  const auto geometry = ProjectionGeometry::circular(equal_angles(240, 2 * pi), scan);
  expect_object({"cone", geometry});
  scan.shape = DetectorShape::arc;
  expect_object({"cone on an arc", ProjectionGeometry::circular(equal_angles(240, 2 * pi), scan)});
}

TEST(FilteredBackprojection, WithoutTheWeightsOfADisplacedDetectorTheValuesAreWrong) {
  auto displaced = fan();
  displaced.elements = {110, 1};
  displaced.offset_mm = {35, 0, 0};
  const auto grid = VoxelGrid::centred({96, 96, 1}, {1, 1, 1});
  const auto image =
      reconstruct(ProjectionGeometry::circular(equal_angles(360, 2 * pi), displaced), grid, {.offset_weights = false});
  EXPECT_GT(std::abs(mean_about(image, grid, -5, -5, 8) - 0.03), 0.002);
}

TEST(FilteredBackprojection, RefusesScansThatCoverTooLittleSayingHowMuch) {
  const auto grid = VoxelGrid::centred({8, 8, 1}, {1, 1, 1});
  expect_refused(Errc::invalid_input, "150 degrees", [&] {
    return reconstruct(ProjectionGeometry::parallel(equal_angles(75, pi * 5 / 6), {20, 1}, {1, 1}), grid);
  });
  expect_refused(Errc::invalid_input, "190 degrees", [&] {
    return reconstruct(ProjectionGeometry::circular(equal_angles(190, pi * 19 / 18), fan()), grid);
  });
}

TEST(FilteredBackprojection, TakesALimitedAngleWhereAskedAndKeepsTheScaleOfTheObject) {
  const auto grid = VoxelGrid::centred({96, 96, 1}, {1, 1, 1});
  const auto geometry = ProjectionGeometry::parallel(equal_angles(154, pi * 154 / 180), {120, 1}, {1, 1});
  const auto image = reconstruct(geometry, grid, {.limited_angle = true});
  EXPECT_NEAR(mean_about(image, grid, -5, -5, 8), 0.03, 0.15 * 0.03);  // a wedge of 26 degrees is missing
  EXPECT_FALSE(coverage(geometry, {.limited_angle = true}).enough);
  EXPECT_EQ(why_not_covered(geometry)->code(), Errc::invalid_input);
}

TEST(FilteredBackprojection, RefusesOrbitsAndReadingsThatDoNotFit) {
  const auto grid = VoxelGrid::centred({8, 8, 1}, {1, 1, 1});
  auto helical = fan();
  helical.elements = {20, 4};
  helical.pitch_mm_per_turn = 10;
  expect_refused(Errc::unsupported, "helical",
                 [&] { return reconstruct(ProjectionGeometry::circular(equal_angles(20, 2 * pi), helical), grid); });
  const auto stream = reference().make_stream();
  const auto geometry = ProjectionGeometry::circular(equal_angles(20, 2 * pi), fan());
  const auto run = [&](const compute::Array& readings) {
    return FilteredBackprojection{reference(), geometry, grid}(readings, *stream);
  };
  expect_refused(Errc::shape_mismatch, "160 x 1 x 20", [&] {
    return run(reference().allocate({Shape{160, 1, 19}, ScalarType::f32}, *stream));
  });
  expect_refused(Errc::type_mismatch, "c64", [&] {
    return FilteredBackprojection{reference(), geometry, grid, {}, ScalarType::c64}.range();
  });
}

TEST(FilteredBackprojection, DoublePrecisionAgreesWithSingle) {
  const auto stream = reference().make_stream();
  const auto grid = VoxelGrid::centred({32, 32, 1}, {3, 3, 1});
  const auto geometry = ProjectionGeometry::circular(equal_angles(90, 2 * pi), fan());
  const auto scan = evaluation::project(object(), geometry, 1, 1, ScalarType::f64);
  const auto f64 = FilteredBackprojection{reference(), geometry, grid, {}, ScalarType::f64}(
      reference().upload(scan.readings, *stream), *stream);
  const auto f32 = FilteredBackprojection{reference(), geometry, grid}(
      reference().upload(scan.readings.converted(ScalarType::f32), *stream), *stream);
  for (std::size_t i = 0; i < 1024; ++i)
    EXPECT_NEAR(f64.host<double>()[i], static_cast<double>(f32.host<float>()[i]), 1e-6);
}

TEST(FilteredBackprojection, MayBeUsedAgainAndAddsToAnImage) {
  const auto stream = reference().make_stream();
  const auto geometry = ProjectionGeometry::circular(equal_angles(90, 2 * pi), fan());
  const FilteredBackprojection fbp{reference(), geometry, VoxelGrid::centred({32, 32, 1}, {3, 3, 1})};
  const auto readings = reference().upload(evaluation::project(object(), geometry, 1).readings, *stream);
  const auto first = fbp(readings, *stream);
  auto twice = fbp(readings, *stream);
  const auto bytes = first.spec().bytes();
  EXPECT_EQ(std::memcmp(first.host<float>().data(), std::as_const(twice).host<float>().data(), bytes), 0);
  fbp.forward(readings, twice, *stream, compute::Write::accumulate);
  for (std::size_t i = 0; i < 1024; ++i) EXPECT_NEAR(twice.host<float>()[i], 2 * first.host<float>()[i], 1e-6);
}

TEST(RampResponse, IsTheAbsoluteFrequencyButForTheEdgeOfItsBand) {
  const auto response = ramp_response(200, 0.5, FilterWindow::ram_lak, 1);
  ASSERT_EQ(response.size(), 257U);
  for (std::size_t k = 20; k < 250; ++k) EXPECT_NEAR(response[k], static_cast<double>(k) / 256 / (2 * 0.5), 0.005) << k;
  EXPECT_GT(response[0], 0);  // no offset: the band-limited ramp does not vanish at 0
  EXPECT_LT(response[0], 0.005);
}

TEST(RampResponse, CutOffEndsTheBand) {
  const auto response = ramp_response(200, 1, FilterWindow::hann, 0.5);
  for (std::size_t k = 129; k < response.size(); ++k) EXPECT_EQ(response[k], 0) << k;
  EXPECT_NEAR(response[64], 0.5 * 0.125, 0.002);
  EXPECT_THROW((void)ramp_response(200, 1, FilterWindow::hann, 0), Error);
  EXPECT_THROW((void)ramp_response(0, 1, FilterWindow::hann, 1), Error);
}
