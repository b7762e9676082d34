#include "render/scene/slice_marks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace iso::render {
namespace {

SlicePicture bare() {
  SlicePicture picture;
  picture.letters = picture.scale_bar = picture.annotations = false;
  return picture;
}

TEST(Marks, CrossTheCrosshairAlongTheOtherPlanesWithAGap) {
  SlicePicture picture = bare();
  picture.crosshair_mm = Vec3{10, 5, 0};
  const double s = std::sqrt(0.5);
  picture.cross_axes = {{{s, s, 0}, {1, 0, 0}}, {{s, -s, 0}, {0, 1, 0}}};
  const Marks marks = make_marks(picture, 200, 100, 1);
  const std::array<double, 2> centre = to_pixel(picture, 200, 100, *picture.crosshair_mm);
  EXPECT_NEAR(centre[0], 110, 1e-9);
  EXPECT_NEAR(centre[1], 55, 1e-9);  // up is -P: posterior is lower on the screen
  int arms = 0;
  for (const MarkLine& line : marks.lines) {
    if (line.points.size() != 2) continue;
    ++arms;
    double nearest = 1e9;
    for (const auto& [x, y] : line.points) {
      const double dx = x - centre[0], dy = y - centre[1];
      EXPECT_NEAR(std::abs(dx), std::abs(dy), 1e-6) << "on a diagonal";
      EXPECT_EQ(dx * dy > 0, line.colour[0] == 1) << "red goes down to the right, green up";
      EXPECT_TRUE(x >= -1e-6 && x <= 200 + 1e-6 && y >= -1e-6 && y <= 100 + 1e-6);
      nearest = std::min(nearest, std::hypot(dx, dy));
    }
    EXPECT_NEAR(nearest, 8, 1e-6);
  }
  EXPECT_EQ(arms, 4);
}

TEST(Marks, StayInsideAPictureThatTheCrosshairHasLeft) {
  SlicePicture picture = bare();
  picture.crosshair_mm = Vec3{1000, 0, 0};  // the vertical line is out of sight, the horizontal one is not
  int lines = 0;
  for (const MarkLine& line : make_marks(picture, 200, 100, 1).lines) {
    if (line.points.size() != 2) continue;
    ++lines;
    EXPECT_NEAR(line.points[0][1], 50, 1e-9);
  }
  EXPECT_EQ(lines, 1);
}

TEST(Marks, GrowWithThePixelsOfTheScreen) {
  SlicePicture picture = bare();
  picture.annotations = true;
  picture.corners[0] = "name";
  const Marks one = make_marks(picture, 200, 100, 1), two = make_marks(picture, 400, 200, 2);
  ASSERT_EQ(one.texts.size(), 1U);
  EXPECT_EQ(two.texts[0].size, 2 * one.texts[0].size);
  EXPECT_EQ(two.texts[0].x, 2 * one.texts[0].x);
}

TEST(Marks, ShowWhereTheOverlayEnds) {
  SlicePicture picture = bare();
  picture.layers.resize(2);
  const std::size_t before = make_marks(picture, 200, 100, 1).lines.size();
  picture.reveal = 0.25;
  const Marks marks = make_marks(picture, 200, 100, 1);
  ASSERT_GT(marks.lines.size(), before);
  EXPECT_TRUE(std::ranges::any_of(marks.lines, [](const MarkLine& line) {
    return line.points.size() == 2 && line.points[0][0] == 50 && line.points[1][0] == 50;
  }));
}

TEST(Marks, OfAScaleAreTheLongestRoundLengthThatFits) {
  EXPECT_EQ(scale_bar_mm(1000, 1), 200);
  EXPECT_EQ(scale_bar_mm(1000, 0.3), 50);
  EXPECT_EQ(scale_bar_mm(0, 1), 0);
}

TEST(SliceMarks, TellClicksApartByTheirShape) {
  const auto lines = [](Mark mark) {
    SlicePicture picture;
    picture.letters = picture.scale_bar = picture.annotations = false;
    const std::size_t without = make_marks(picture, 100, 80, 1).lines.size();
    picture.figures = {{mark, {{0, 0, 0}}, {1, 0, 0}, {}, false}};
    return make_marks(picture, 100, 80, 1).lines.size() - without;
  };
  EXPECT_EQ(lines(Mark::plus), 4U) << "two strokes, each over a dark one";
  EXPECT_EQ(lines(Mark::minus), 2U);
  EXPECT_EQ(lines(Mark::ring), 2U);
}

TEST(Marks, PutNoWordsOfAFigureOverThoseOfAnother) {
  SlicePicture picture = bare();
  picture.mm_per_pixel = 1;
  for (int i = 0; i < 4; ++i)
    picture.figures.push_back({Mark::line, {{-40, 0, 0}, {0, 2.0 * i, 0}}, {1, 1, 0}, "23.4 mm", false});
  const Marks marks = make_marks(picture, 400, 300, 1);
  ASSERT_EQ(marks.texts.size(), 4U);
  constexpr double width = 45, height = 14;  // of the words; they begin at x and have their middle at y
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t k = 0; k < i; ++k)
      EXPECT_TRUE(std::abs(marks.texts[i].x - marks.texts[k].x) >= width ||
                  std::abs(marks.texts[i].y - marks.texts[k].y) >= height)
          << i << " over " << k;
}

TEST(Marks, BreakAHintThatIsWiderThanThePicture) {
  SlicePicture picture = bare();
  picture.hint = "Right click another image in Data and choose \"Compare beside the image\"";
  const auto lines = [&](int width) {
    const std::string words = make_marks(picture, width, 300, 1).texts.front().words;
    return std::ranges::count(words, '\n') + 1;
  };
  EXPECT_EQ(lines(900), 1);
  EXPECT_GE(lines(300), 2);
  EXPECT_LE(lines(300), 4);
}

TEST(Marks, KeepWordsOfAFigureInsideThePicture) {
  SlicePicture picture = bare();
  picture.mm_per_pixel = 1;
  picture.figures.push_back({Mark::line, {{0, 0, 0}, {195, 0, 0}}, {1, 1, 0}, "195.0 mm", false});
  const Marks marks = make_marks(picture, 400, 300, 1);
  EXPECT_LT(marks.texts[0].x + 50, 400) << "left of the point, which is at the right edge";
}

}  // namespace
}  // namespace iso::render
