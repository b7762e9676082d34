#include "gui/presenters/picture_series.h"

#include <gtest/gtest.h>

namespace iso::gui {
namespace {

using Numbers = std::vector<std::int64_t>;

TEST(PictureSeries, AreAllThereIsUnlessARangeIsSaid) {
  EXPECT_EQ(picture_numbers({}, 3), (Numbers{0, 1, 2}));
  EXPECT_EQ(picture_numbers({.first = 1, .last = 7, .step = 3}, 10), (Numbers{1, 4, 7}));
  EXPECT_EQ(picture_numbers({.first = 8, .last = 40}, 10), (Numbers{8, 9})) << "no further than there is";
}

TEST(PictureSeries, OfAnEmptyRangeAreNone) {
  EXPECT_TRUE(picture_numbers({.first = 5, .last = 4}, 10).empty());
  EXPECT_TRUE(picture_numbers({}, 0).empty());
  EXPECT_EQ(picture_numbers({.first = -3, .last = 1, .step = 0}, 10), (Numbers{0, 1}));
}

}  // namespace
}  // namespace iso::gui
