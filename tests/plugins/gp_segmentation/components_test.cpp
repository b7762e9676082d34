#include "method/components.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace gp_segmentation {
namespace {

/// '#' is in the set.
std::vector<std::uint8_t> to_mask(const std::vector<std::string>& rows) {
  std::vector<std::uint8_t> mask;
  for (const std::string& row : rows)
    for (const char c : row) mask.push_back(c == '#' ? 1 : 0);
  return mask;
}

const std::vector<std::string> picture{"##..###", "#..#...", "...####", "##.#..#", "##.####"};

TEST(Components, AreJoinedByFacesAlone) {
  const Components parts{to_mask(picture), {7, 5, 1}, false};
  EXPECT_EQ(parts.count(), 4U);
  EXPECT_EQ(parts.part_at({0, 0, 0}), parts.part_at({0, 1, 0}));
  EXPECT_EQ(parts.part_at({3, 1, 0}), parts.part_at({6, 4, 0}));
  EXPECT_NE(parts.part_at({4, 0, 0}), parts.part_at({3, 1, 0}));
  EXPECT_EQ(parts.part_at({2, 2, 0}), parts.count());
  EXPECT_EQ(parts.voxels(parts.part_at({0, 3, 0})), 4);
}

TEST(Components, JoinThroughSlices) {
  const std::vector<std::uint8_t> mask{1, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 1};
  EXPECT_EQ((Components{mask, {2, 2, 3}, false}.count()), 3U);
}

TEST(ComponentRules, KeepWhatIsClickedAndFillSmallHoles) {
  auto mask = to_mask(picture);
  apply_rules(mask, {7, 5, 1}, {{3, 2, 0}}, {}, {}, {true, false, 2});
  EXPECT_EQ(mask, to_mask({".......", "...#...", "...####", "...####", "...####"}));
  mask = to_mask(picture);
  apply_rules(mask, {7, 5, 1}, {{3, 2, 0}}, {{4, 3, 0}}, {}, {true, false, 2});
  EXPECT_EQ(mask[4 + 7 * 3], 0);  // a background click holds its hole open
}

TEST(ComponentRules, KeepWhatTheMaskBeforeTouched) {
  auto mask = to_mask(picture);
  const auto before = to_mask({".......", ".......", ".......", "#......", "......."});
  apply_rules(mask, {7, 5, 1}, {}, {}, before, {true, false, 0});
  EXPECT_EQ(mask, to_mask({".......", ".......", ".......", "##.....", "##....."}));
}

TEST(ComponentRules, KeepTheLargestIfAsked) {
  auto mask = to_mask(picture);
  apply_rules(mask, {7, 5, 1}, {}, {}, {}, {false, true, 0});
  EXPECT_EQ(std::ranges::count(mask, 1), 11);
}

}  // namespace
}  // namespace gp_segmentation
