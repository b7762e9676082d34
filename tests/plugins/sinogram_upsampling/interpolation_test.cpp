#include "method/interpolation.h"

#include "iso/base/error.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace sinogram_upsampling {
namespace {

/// A small disc far from the axis: its shadow moves along the detector by several elements from view to view.
iso::Sinogram disc_scan(std::int64_t views, double span_rad = 2 * std::numbers::pi) {
  iso::Sinogram scan;
  const auto angles = iso::equal_angles(views, span_rad);
  scan.geometry = iso::ProjectionGeometry::parallel(angles, {101, 1}, {1, 1});
  iso::PixelBuffer readings = iso::PixelBuffer::allocate({scan.geometry.sinogram_shape(), iso::ScalarType::f32});
  for (std::size_t view = 0; view < angles.size(); ++view)
    for (std::size_t u = 0; u < 101; ++u) {
      const double from = (static_cast<double>(u) - 50) - 30 * std::cos(angles[view]);
      readings.values<float>()[view * 101 + u] = static_cast<float>(2 * std::sqrt(std::max(0.0, 16 - from * from)));
    }
  scan.readings = std::move(readings);
  return scan;
}

double rmse(const iso::Sinogram& a, const iso::Sinogram& b) {
  double sum = 0;
  for (std::size_t i = 0; i < b.readings.values<float>().size(); ++i)
    sum += std::pow(double{a.readings.values<float>()[i]} - double{b.readings.values<float>()[i]}, 2);
  return std::sqrt(sum / static_cast<double>(b.readings.values<float>().size()));
}

TEST(ViewInterpolation, KeepsTheViewsThatWereMeasured) {
  const iso::Sinogram scan = disc_scan(60);
  for (const iso::Sinogram& fine : {interpolate_linearly(scan, 4), interpolate_along_direction(scan, 4, 8)}) {
    ASSERT_EQ(fine.geometry.views().size(), 240U);
    for (std::size_t view = 0; view < 60; ++view)
      for (std::size_t u = 0; u < 101; ++u)
        EXPECT_EQ(fine.readings.values<float>()[4 * view * 101 + u], scan.readings.values<float>()[view * 101 + u]);
  }
}

TEST(ViewInterpolation, AlongTheDirectionFollowsAnObjectThatMoves) {
  const iso::Sinogram scan = disc_scan(60), truth = disc_scan(240);
  const double linear = rmse(interpolate_linearly(scan, 4), truth),
               directional = rmse(interpolate_along_direction(scan, 4, 8), truth);
  EXPECT_LT(directional, 0.5 * linear) << linear;
}

TEST(ViewInterpolation, ClosesAHalfTurnByItsFirstViewFromTheOtherSide) {
  const iso::Sinogram scan = disc_scan(60, std::numbers::pi), truth = disc_scan(240, std::numbers::pi);
  const iso::Sinogram fine = interpolate_along_direction(scan, 4, 8);
  ASSERT_EQ(fine.geometry.views().size(), 240U);
  EXPECT_EQ(interpolated_geometry(scan.geometry, 4), fine.geometry);
  for (std::size_t view = 0; view < 240; ++view)
    for (std::size_t axis = 0; axis < 3; ++axis)
      EXPECT_NEAR(fine.geometry.views()[view].u_step_mm[axis], truth.geometry.views()[view].u_step_mm[axis], 1e-9)
          << view;
  double worst = 0;  // of the views behind the last one measured, the disc moves by less than the reach there
  for (std::size_t i = 237 * 101; i < std::size_t{240} * 101; ++i)
    worst =
        std::max(worst, std::abs(double{fine.readings.values<float>()[i]} - double{truth.readings.values<float>()[i]}));
  EXPECT_LT(worst, 1.0) << "of 8 at its middle";
}

TEST(ViewInterpolation, RefusesWhatHasNoSense) {
  EXPECT_THROW((void)interpolate_linearly(disc_scan(8), 0), iso::Error);
  EXPECT_THROW((void)interpolate_along_direction(disc_scan(8), 2, 0), iso::Error);
}

}  // namespace
}  // namespace sinogram_upsampling
