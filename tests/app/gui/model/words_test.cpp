#include "gui/model/words.h"

#include <gtest/gtest.h>

#include <cmath>

namespace iso::gui {
namespace {

TEST(ValueAsText, HasFourDigitsAndAnExponentOnlyAtTheEnds) {
  EXPECT_EQ(format_value(0), "0");
  EXPECT_EQ(format_value(-994), "-994");
  EXPECT_EQ(format_value(0.123456), "0.1235");
  EXPECT_EQ(format_value(1234.56), "1234.6");
  EXPECT_EQ(format_value(0.0000123), "1.230e-05");
  EXPECT_EQ(format_value(2e7), "2.000e+07");
  EXPECT_EQ(format_value(std::nan("")), "not a number");
}

TEST(PositionAsText, NamesThePatientsSidesOrTheAxesOfRawData) {
  render::Raster raster;
  raster.frame.size = {4, 1, 9};
  raster.axes = {"u", "v", "view", "frame"};
  raster.anatomical = false;
  EXPECT_EQ(format_position(raster, {12, 3, 45}), "u 12.0, view 45.0");
  raster.anatomical = raster.oriented = true;
  EXPECT_EQ(format_position(raster, {-17.6, 35.3, 12.12}), "R 17.6, P 35.3, S 12.1 mm");
}

TEST(ShortenedWords, KeepBothEndsAndWholeLetters) {
  EXPECT_EQ(shortened("head.nrrd", 20), "head.nrrd");
  EXPECT_EQ(shortened("a_long_name_of_a_file.nii.gz", 13), "a_long\u2026nii.gz");
  EXPECT_EQ(shortened("a_long_name", 5), "");
  EXPECT_EQ(shortened("\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4", 12), "\u00e4\u00e4\u2026\u00e4\u00e4");
}

}  // namespace
}  // namespace iso::gui
