#include "gui/model/measure.h"

#include "support/desktop_samples.h"

#include <gtest/gtest.h>

#include <numbers>

namespace iso::gui {
namespace {

Measurement figure(MeasureKind kind, std::vector<Vec3> points) {
  Measurement m;
  m.kind = kind;
  m.points_mm = std::move(points);
  m.plane = {{0, 0, m.points_mm[0][2]}, {1, 0, 0}, {0, -1, 0}};
  return m;
}

TEST(Measure, LengthAndAngleAreInThePatientsMillimetres) {
  EXPECT_NEAR(length_mm(figure(MeasureKind::line, {{0, 0, 0}, {3, 4, 0}})), 5, 1e-12);
  EXPECT_NEAR(angle_rad(figure(MeasureKind::angle, {{1, 0, 0}, {0, 0, 0}, {0, 2, 0}})), std::numbers::pi / 2, 1e-12);
}

TEST(Profile, FindsTheFullWidthOfAGaussian) {
  const double sigma = 4;
  const auto raster = render::make_raster(test::volume(
      {64, 5, 1}, {0.5, 1, 1}, [=](const Vec3& p) { return 10 + std::exp(-p[0] * p[0] / (2 * sigma * sigma)); }));
  const Profile curve = make_profile(raster, figure(MeasureKind::line, {{-15, 0, 0}, {15, 0, 0}}));
  ASSERT_TRUE(curve.fwhm_mm);
  EXPECT_NEAR(*curve.fwhm_mm, 2 * std::sqrt(2 * std::log(2.0)) * sigma, 0.02);
}

TEST(Profile, HasNoWidthWhereTheCurveDoesNotFall) {
  const auto raster = render::make_raster(test::volume({64, 5, 1}, {1, 1, 1}, [](const Vec3& p) { return p[0]; }));
  EXPECT_FALSE(make_profile(raster, figure(MeasureKind::line, {{-20, 0, 0}, {20, 0, 0}})).fwhm_mm);
}

TEST(Region, StatisticsOfARampAreThoseWorkedOutByHand) {
  const auto raster = render::make_raster(test::volume({11, 11, 1}, {1, 1, 1}, [](const Vec3& p) { return p[0]; }));
  const auto s = make_statistics(raster, figure(MeasureKind::rectangle, {{-2.4, -1.4, 0}, {2.4, 1.4, 0}}));
  ASSERT_TRUE(s);
  EXPECT_EQ(s->voxels, 15);  // x of -2 ... 2 in three rows
  EXPECT_NEAR(s->mean, 0, 1e-6);
  EXPECT_NEAR(s->standard_deviation, std::sqrt(30.0 / 14), 1e-6);
  EXPECT_EQ(s->minimum, -2);
  EXPECT_EQ(s->maximum, 2);
  EXPECT_NEAR(s->area_mm2, 15, 1e-9);
}

TEST(Region, AnEllipseHasTheAreaOfAnEllipse) {
  const auto raster = render::make_raster(test::volume({200, 200, 1}, {0.5, 0.5, 1}, [](const Vec3&) { return 1.0; }));
  const auto s = make_statistics(raster, figure(MeasureKind::ellipse, {{-30, -20, 0}, {30, 20, 0}}));
  ASSERT_TRUE(s);
  EXPECT_NEAR(s->area_mm2 / (std::numbers::pi * 30 * 20), 1, 0.01);
}

TEST(Region, OutsideTheImageHasNoStatistics) {
  const auto raster = render::make_raster(test::volume({11, 11, 1}, {1, 1, 1}, [](const Vec3& p) { return p[0]; }));
  EXPECT_FALSE(make_statistics(raster, figure(MeasureKind::rectangle, {{50, 50, 0}, {60, 60, 0}})));
}

}  // namespace
}  // namespace iso::gui
