#include "render/scene/display.h"

#include "render/scene/raster.h"

#include <gtest/gtest.h>

#include <cmath>

namespace iso::render {
namespace {

// Values worked out by hand from PS3.3 C.11.2.1.2.1: width 100, centre 50 gives 0 at 0, 1 above 99, (x - 49.5) / 99 + 0.5 between.
TEST(Voi, LinearIsWorkedOutByHand) {
  const Display display{100, 50, VoiFunction::linear};
  EXPECT_EQ(voi(display, -5), 0);
  EXPECT_EQ(voi(display, 0), 0);
  EXPECT_NEAR(voi(display, 1), (1 - 49.5) / 99 + 0.5, 1e-12);
  EXPECT_NEAR(voi(display, 49.5), 0.5, 1e-12);
  EXPECT_NEAR(voi(display, 99), 1, 1e-12);
  EXPECT_EQ(voi(display, 99.001), 1);
}

TEST(Voi, AWindowOfWidthOneIsAStep) {
  const Display display{1, 10, VoiFunction::linear};
  EXPECT_EQ(voi(display, 9.5), 0);
  EXPECT_EQ(voi(display, 9.6), 1);
}

TEST(Voi, LinearExactAndSigmoidAreWorkedOutByHand) {
  EXPECT_NEAR(voi({100, 50, VoiFunction::linear_exact}, 25), 0.25, 1e-12);
  EXPECT_EQ(voi({100, 50, VoiFunction::linear_exact}, 0), 0);
  EXPECT_EQ(voi({100, 50, VoiFunction::linear_exact}, 101), 1);
  EXPECT_NEAR(voi({100, 50, VoiFunction::sigmoid}, 50), 0.5, 1e-12);
  EXPECT_NEAR(voi({100, 50, VoiFunction::sigmoid}, 75), 1 / (1 + std::exp(-1.0)), 1e-12);
}

TEST(ColourMap, GreyRunsFromBlackToWhiteAndLabelZeroIsClear) {
  EXPECT_EQ(colour_map("grey")[0][0], 0);
  EXPECT_EQ(colour_map("grey")[128][1], 128);
  EXPECT_EQ(colour_map("grey")[255][2], 255);
  EXPECT_EQ(colour_map("labels")[0][3], 0);
  for (const auto& name : colour_map_names()) EXPECT_EQ(colour_map(name).size(), 256U) << name;
}

TEST(Voi, TheLogarithmSpansThreeDecadesUpToTheEndOfTheWindow) {
  Display display;
  display.voi = VoiFunction::logarithm;
  display.width = 1000;
  display.centre = 500;
  EXPECT_EQ(voi(display, 0), 0);
  EXPECT_EQ(voi(display, -5), 0);
  EXPECT_DOUBLE_EQ(voi(display, 1000), 1);
  EXPECT_DOUBLE_EQ(voi(display, 2000), 1);
  EXPECT_NEAR(voi(display, 1), 0.1003, 1e-4) << "ln 2 / ln 1001: a thousandth of the highest value is seen";
  EXPECT_NEAR(voi(display, 100), 0.6680, 1e-4) << "ln 101 / ln 1001";
}

TEST(AutomaticWindow, IsThePercentilesAndForASpectrumAllOfIt) {
  Raster raster;
  raster.low = 0, raster.high = 5000, raster.low_percentile = 1, raster.high_percentile = 201;
  Display display;
  set_automatic_window(display, raster);
  EXPECT_EQ(display.width, 200);
  EXPECT_EQ(display.centre, 101);
  EXPECT_EQ(display.voi, VoiFunction::linear_exact);
  raster.spectrum = true;
  set_automatic_window(display, raster);
  EXPECT_EQ(display.width, 5000);
  EXPECT_EQ(display.voi, VoiFunction::logarithm);
  raster.low = raster.high = 0;
  set_automatic_window(display, raster);
  EXPECT_GT(display.width, 0);
}

}  // namespace
}  // namespace iso::render
