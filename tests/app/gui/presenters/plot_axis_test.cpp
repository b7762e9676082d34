#include "gui/presenters/plot_axis.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

namespace iso::gui {
namespace {

std::vector<std::string> labels(const PlotAxis& axis) {
  std::vector<std::string> found;
  for (const PlotAxis::Tick& tick : axis.ticks) found.push_back(tick.label);
  return found;
}
using Labels = std::vector<std::string>;

TEST(PlotAxis, IsLogarithmicWhereValuesSpanTwoDecades) {
  EXPECT_TRUE(make_axis(std::array{5000.0, 49.0}, AxisScale::automatic, 4).logarithmic);
  EXPECT_FALSE(make_axis(std::array{5000.0, 51.0}, AxisScale::automatic, 4).logarithmic);
  EXPECT_FALSE(make_axis(std::array{5000.0, 1.0, 0.0}, AxisScale::automatic, 4).logarithmic) << "0 has no logarithm";
  EXPECT_FALSE(make_axis(std::array{5000.0, 1.0}, AxisScale::linear, 4).logarithmic);
  EXPECT_TRUE(make_axis(std::array{5.0, 4.0}, AxisScale::logarithmic, 4).logarithmic);
}

TEST(PlotAxis, HasRoundTicksWithLabelsThatDiffer) {
  EXPECT_EQ(labels(make_axis(std::array{1.0, 40.0}, AxisScale::linear, 4)), (Labels{"10", "20", "30", "40"}));
  EXPECT_EQ(labels(make_axis(std::array{0.0, 1.0}, AxisScale::linear, 5)),
            (Labels{"0", "0.2", "0.4", "0.6", "0.8", "1.0"}));
  EXPECT_EQ(labels(make_axis(std::array{1000001.0, 1000004.0}, AxisScale::linear, 3)),
            (Labels{"1.000001e+06", "1.000002e+06", "1.000003e+06", "1.000004e+06"}));
  for (const double scale : {1e-9, 1e-3, 1.0, 1e4, 1e12})
    for (const double offset : {0.0, 1.0, 37.0}) {
      const Labels found = labels(make_axis(std::array{scale * offset, scale * (offset + 1)}, AxisScale::linear, 5));
      EXPECT_GE(found.size(), 3U);
      EXPECT_EQ(std::set<std::string>(found.begin(), found.end()).size(), found.size()) << found.front();
    }
}

TEST(PlotAxis, OfManyDecadesHasPowersOfTen) {
  EXPECT_EQ(labels(make_axis(std::array{1e-6, 1e6}, AxisScale::automatic, 4)),
            (Labels{"1e-06", "0.001", "1", "1000", "1e+06"}));
  EXPECT_EQ(labels(make_axis(std::array{1.0, 200.0}, AxisScale::automatic, 4)),
            (Labels{"1", "2", "5", "10", "20", "50", "100", "200"}));
  EXPECT_EQ(labels(make_axis(std::array{3.0, 4.0}, AxisScale::logarithmic, 2)), (Labels{"3", "3.5", "4"}));
}

TEST(PlotAxis, PlacesValuesBetweenItsEnds) {
  const PlotAxis linear = make_axis(std::array{-2.0, 2.0}, AxisScale::automatic, 4);
  EXPECT_DOUBLE_EQ(linear.position(-2), 0);
  EXPECT_DOUBLE_EQ(linear.position(0), 0.5);
  const PlotAxis logarithmic = make_axis(std::array{1.0, 10000.0}, AxisScale::automatic, 4);
  EXPECT_DOUBLE_EQ(logarithmic.position(100), 0.5);
  EXPECT_TRUE(std::isnan(logarithmic.position(0)));
  EXPECT_TRUE(std::isnan(linear.position(std::nan(""))));
}

TEST(PlotAxis, OfValuesThatRoundingAloneTellsApartIsMadeAtOnce) {
  for (const double value : {1.0, 1e6, -3.0, 1e-300}) {
    const double next = std::nextafter(value, 2 * std::abs(value) + 1);
    EXPECT_LE(linear_ticks(value, next, 5).size(), 12U) << value;
    EXPECT_FALSE(make_axis(std::vector<double>{value, next, value}, AxisScale::automatic, 5, 0.05).ticks.empty());
  }
}

TEST(PlotAxis, OfNothingOrOneValueStillHasARange) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  for (const std::vector<double>& values :
       {std::vector<double>{}, {nan, infinity}, {0.0}, {5.0}, {-5.0, -5.0}, {1e300, 1e300}}) {
    for (const AxisScale scale : {AxisScale::automatic, AxisScale::linear, AxisScale::logarithmic}) {
      const PlotAxis axis = make_axis(values, scale, 4, 0.05);
      EXPECT_TRUE(std::isfinite(axis.low) && std::isfinite(axis.high) && axis.high > axis.low);
    }
  }
}

}  // namespace
}  // namespace iso::gui
