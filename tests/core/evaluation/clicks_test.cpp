#include "iso/evaluation/clicks.h"

#include "iso/base/error.h"

#include <gtest/gtest.h>

#include <vector>

namespace iso::evaluation {
namespace {

using Set = std::vector<std::uint8_t>;
const MaskGrid grid{{12, 10, 1}, {1, 1, 1}};

Set box(int left, int top, int right, int bottom) {
  Set set(120, 0);
  for (int y = top; y < bottom; ++y)
    for (int x = left; x < right; ++x) set[static_cast<std::size_t>(x + 12 * y)] = 1;
  return set;
}

TEST(SimulatedUser, ClicksTheDeepestMissingVoxelFirst) {
  const auto click = next_click(Set(120, 0), box(2, 2, 9, 9), Set(120, 0), grid);
  ASSERT_TRUE(click);
  EXPECT_TRUE(click->positive);
  EXPECT_EQ(click->voxel, (std::array<std::int32_t, 3>{5, 5, 0}));
  EXPECT_DOUBLE_EQ(click->depth_mm, 4);
}

TEST(SimulatedUser, ClicksTheLargerOfWhatIsMissingAndTooMuch) {
  const auto click = next_click(box(0, 0, 12, 10), box(0, 0, 4, 10), Set(120, 0), grid);
  ASSERT_TRUE(click);
  EXPECT_FALSE(click->positive);
  EXPECT_EQ(click->voxel[0], 7);  // beyond the image nothing is wrong, so the middle of columns 4 to 11
}

TEST(SimulatedUser, LeavesClickedVoxelsOutAndEndsWhenNothingIsWrong) {
  Set clicked(120, 0);
  const Set truth = box(3, 3, 4, 4);
  EXPECT_TRUE(next_click(Set(120, 0), truth, clicked, grid));
  clicked[3 + 12 * 3] = 1;
  EXPECT_FALSE(next_click(Set(120, 0), truth, clicked, grid));
  EXPECT_FALSE(next_click(truth, truth, Set(120, 0), grid));
  EXPECT_THROW((void)next_click(truth, Set(3, 0), clicked, grid), Error);
}

TEST(SimulatedUser, MissesByLittleAndStaysWhereItsLabelIsRight) {
  const Set truth = box(1, 1, 11, 9), none(120, 0);
  const auto click = next_click(none, truth, none, grid);
  bool moved = false;
  for (std::uint64_t i = 0; i < 50; ++i) {
    const auto missed = jitter(*click, none, truth, none, grid, 1, i);
    EXPECT_EQ(truth[static_cast<std::size_t>(missed.voxel[0] + 12 * missed.voxel[1])], 1);
    moved = moved || missed.voxel != click->voxel;
    EXPECT_EQ(jitter(*click, none, truth, none, grid, 1, i).voxel, missed.voxel);
  }
  EXPECT_TRUE(moved);
}

TEST(Overlap, OfTwoBoxesIsKnown) {
  const Overlap found = overlap(box(0, 0, 4, 4), box(2, 0, 6, 4));
  EXPECT_NEAR(found.iou, 8.0 / 24, 1e-12);
  EXPECT_NEAR(found.dice, 0.5, 1e-12);
  EXPECT_EQ(overlap(Set(4, 0), Set(4, 0)).iou, 1);
}

TEST(Hausdorff, OfShiftedBoxesIsTheShift) {
  const MaskGrid coarse{{12, 10, 1}, {2, 1, 1}};
  EXPECT_NEAR(*hausdorff95_mm(box(1, 1, 5, 8), box(4, 1, 8, 8), coarse), 6, 1e-6);
  EXPECT_EQ(*hausdorff95_mm(box(1, 1, 5, 8), box(1, 1, 5, 8), coarse), 0);
  EXPECT_FALSE(hausdorff95_mm(Set(120, 0), box(1, 1, 5, 8), coarse));
}

}  // namespace
}  // namespace iso::evaluation
