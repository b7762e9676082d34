#include <iso/compute/gridding_window.h>

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

using iso::compute::choose_window;
using iso::compute::good_grid_size;
using iso::compute::GriddingWindow;

TEST(GriddingWindow, TransformIsThatOfItsValues) {
  const GriddingWindow window = choose_window({64, 48, 1}, 10000, 1e-5, 8);
  for (const double f : {0.0, 0.1, 0.3, 0.7}) {
    double sum = 0;
    constexpr int steps = 20000;
    for (int i = 0; i < steps; ++i) {
      const double d = window.width * ((i + 0.5) / steps - 0.5);
      sum += window.value(0, d) * std::cos(2 * std::numbers::pi * f * d) * window.width / steps;
    }
    EXPECT_NEAR(sum, window.transform(0, f), 1e-7) << f;
  }
}

TEST(GriddingWindow, PolynomialsAreItsValuesAtTheCells) {
  const GriddingWindow window = choose_window({33, 20, 9}, 10000, 1e-12, 16);
  const auto found = iso::compute::window_polynomials(window, 2e-16);
  for (std::size_t axis = 0; axis < 3; ++axis)
    for (const double f : {0.0, 0.03, 0.5, 0.98})
      for (int j = 0; j < window.width; ++j) {
        double sum = 0;
        for (int d = found.terms - 1; d >= 0; --d)
          sum = sum * (2 * f - 1) + found.coefficients[axis][static_cast<std::size_t>(d * window.width + j)];
        EXPECT_NEAR(sum, window.value(axis, j + f - 0.5 * window.width), 1e-13);
      }
}

TEST(GriddingWindow, IsAsExactAsAskedAndWiderWhereMoreIsAsked) {
  double before = 1;
  for (const double accuracy : {1e-2, 1e-3, 1e-4, 1e-5, 1e-6}) {
    const GriddingWindow window = choose_window({128, 128, 1}, 50000, accuracy, 8);
    EXPECT_LE(window.expected_error, accuracy);
    EXPECT_LE(window.width, 8);
    EXPECT_LT(window.expected_error, before);
    before = window.expected_error;
  }
}

TEST(GriddingWindow, GridsAreEvenAndOfSmallFactors) {
  EXPECT_EQ(good_grid_size(1), 2);
  EXPECT_EQ(good_grid_size(97), 98);
  EXPECT_EQ(good_grid_size(121), 126);
  EXPECT_EQ(good_grid_size(512), 512);
}
