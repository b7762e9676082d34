// What the comparison of pictures lets pass and what it finds.

#include "pictures.h"

#include <gtest/gtest.h>

#include <QFont>
#include <QFontDatabase>
#include <QPainter>

namespace iso::gui::test {
namespace {

struct Drawn {
  bool smooth{true};
  int button_x{40};
  QString word{QStringLiteral("Window")};
  QColor button{56, 58, 63};
  bool line{true};
};

/// A page with twenty rows of text, a button and a thin line across, like the window in small.
QImage page(const Drawn& how = {}) {
  QImage picture{640, 400, QImage::Format_RGB32};
  picture.fill(QColor{45, 47, 51});
  QPainter painter{&picture};
  QFont font{QStringLiteral("DejaVu Sans"), 9};
  font.setStyleStrategy(how.smooth ? QFont::PreferAntialias : QFont::NoAntialias);
  painter.setFont(font);
  painter.setPen(QColor{225, 225, 225});
  for (int row = 0; row < 20; ++row)
    painter.drawText(200, 18 + 19 * row, row == 7 ? how.word : QStringLiteral("Row %1 of the page").arg(row));
  painter.fillRect(how.button_x, 40, 90, 26, how.button);
  painter.drawText(QRect{how.button_x, 40, 90, 26}, Qt::AlignCenter, QStringLiteral("Run"));
  if (how.line) painter.fillRect(0, 220, 640, 1, QColor{80, 160, 230});
  return picture;
}

TEST(PictureComparison, TakesTheQuantisedPictureForTheSame) {
  const PictureDifference found = difference(page(), quantised(page()));
  EXPECT_TRUE(looks_the_same(found)) << found.worst << " " << found.changed_part;
  EXPECT_LT(found.worst, 5);
}

TEST(PictureComparison, LetsTextPassThatIsSmoothedOtherwise) {
  const PictureDifference found = difference(page({.smooth = false}), page());
  EXPECT_GT(found.worst, 0) << "the pictures should not be equal";
  EXPECT_LE(found.worst, most_of_a_block);
}

TEST(PictureComparison, FindsAWordThatIsGone) {
  EXPECT_FALSE(looks_the_same(difference(page({.word = {}}), quantised(page()))));
}

TEST(PictureComparison, FindsAButtonThatMoved) {
  EXPECT_FALSE(looks_the_same(difference(page({.button_x = 46}), quantised(page()))));
}

TEST(PictureComparison, FindsAnotherColour) {
  EXPECT_FALSE(looks_the_same(difference(page({.button = {86, 58, 63}}), quantised(page()))));
}

TEST(PictureComparison, FindsAThinLineThatIsGone) {
  const PictureDifference found = difference(page({.line = false}), quantised(page()));
  EXPECT_FALSE(looks_the_same(found)) << found.worst << " " << found.changed_part;
}

TEST(PictureComparison, LeavesOutWhatIsMasked) {
  const QRect word{195, 138, 120, 24};
  EXPECT_TRUE(looks_the_same(difference(page({.word = {}}), quantised(page(), {word}), {word})));
}

TEST(PictureComparison, DoesNotCompareOtherSizes) {
  EXPECT_FALSE(difference(page(), page().copy(0, 0, 600, 400)).same_size);
  EXPECT_FALSE(looks_the_same(difference(page(), page().copy(0, 0, 600, 400))));
}

TEST(FewColours, LookTheSameAndAreFew) {
  QImage picture = page();
  for (int y = 0; y < 180; ++y)  // a ramp of many colours beside the text
    for (int x = 0; x < 180; ++x) picture.setPixelColor(x, 230 - 40 + y, QColor{x, (x + y) / 2, y});
  const QImage few = few_colours(picture);
  EXPECT_LE(few.colorCount(), 256);
  EXPECT_EQ(few.size(), picture.size());
  const PictureDifference found = difference(few, picture);
  EXPECT_LT(found.worst, 6);
  const QImage plain = few_colours(page());
  EXPECT_LT(difference(plain, page()).worst, 1) << "what has few colours keeps them";
}

}  // namespace
}  // namespace iso::gui::test
