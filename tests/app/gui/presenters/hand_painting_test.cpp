#include "gui/presenters/hand_painting.h"
#include "gui/model/labels.h"

#include <gtest/gtest.h>

#include <random>

namespace iso::gui {
namespace {

using Delta = Document::LabelDelta;
using Runs = std::vector<LabelRun>;

std::shared_ptr<const Delta> delta(Runs runs) { return std::make_shared<const Delta>(Delta{std::move(runs)}); }

TEST(HandPainting, SparesEverythingAsLongAsNothingIsPainted) {
  HandPainting painting;
  const auto change = delta({{3, 4, 0, 1}});
  EXPECT_EQ(painting.spared(change), change);
  EXPECT_EQ(painting.spared(nullptr), nullptr);
  painting.changed(*change, true);
  painting.newest_was_the_task();
  EXPECT_EQ(painting.spared(change), change) << "what the task did itself is not painted";
}

TEST(HandPainting, CutsWhatWasPaintedOutOfAChange) {
  HandPainting painting;
  painting.changed(*delta({{5, 2, 1, 0}, {7, 1, 1, 2}, {20, 3, 0, 1}}), true);
  const auto rest = painting.spared(delta({{0, 10, 0, 1}, {21, 1, 1, 0}, {23, 2, 0, 3}}));
  ASSERT_NE(rest, nullptr);
  EXPECT_EQ(rest->runs, (Runs{{0, 5, 0, 1}, {8, 2, 0, 1}, {23, 2, 0, 3}}));
  EXPECT_EQ(painting.spared(delta({{5, 3, 0, 1}})), nullptr);
}

TEST(HandPainting, FollowsTheHistory) {
  HandPainting painting;
  const auto change = delta({{0, 10, 0, 1}});
  painting.changed(*delta({{2, 2, 0, 1}}), true);
  painting.changed(*delta({{0, 1, 0, 1}}), true);
  painting.newest_was_the_task();
  painting.changed(*delta({{3, 3, 0, 1}}), true);  // over the first stroke
  EXPECT_EQ(painting.spared(change)->runs, (Runs{{0, 2, 0, 1}, {6, 4, 0, 1}}));
  painting.changed(*delta({{3, 3, 0, 1}}), false);
  EXPECT_EQ(painting.spared(change)->runs, (Runs{{0, 2, 0, 1}, {4, 6, 0, 1}})) << "the first stroke still counts";
  painting.changed(*delta({{0, 1, 0, 1}}), false);
  painting.changed(*delta({{2, 2, 0, 1}}), false);
  EXPECT_EQ(painting.spared(change), change);
  painting.changed(*delta({{2, 2, 0, 1}}), true);
  EXPECT_EQ(painting.spared(change)->runs, (Runs{{0, 2, 0, 1}, {4, 6, 0, 1}}));
}

TEST(HandPainting, AgreesWithAMaskOfTheVoxelsForAnyStrokesAndChanges) {
  std::mt19937 random{7};
  constexpr std::int64_t size = 60;
  const auto runs = [&] {
    Runs made;
    for (std::int64_t at = random() % 8; at < size - 8; at += 1 + static_cast<std::int64_t>(random() % 9)) {
      const auto length = static_cast<std::int32_t>(1 + random() % 7);
      made.push_back({at, length, 0, static_cast<std::uint16_t>(1 + random() % 3)});
      at += length;
    }
    return made;
  };
  for (int round = 0; round < 300; ++round) {
    HandPainting painting;
    std::vector<bool> mask(size, false);
    for (unsigned stroke = 0; stroke < random() % 4; ++stroke) {
      const Runs made = runs();
      painting.changed(Delta{made}, true);
      for (const LabelRun& run : made)
        for (std::int32_t i = 0; i < run.length; ++i) mask[static_cast<std::size_t>(run.first + i)] = true;
    }
    const Runs change = runs();
    std::vector<std::uint16_t> expected(size, 0), found(size, 0);
    for (const LabelRun& run : change)
      for (std::int32_t i = 0; i < run.length; ++i)
        if (const auto v = static_cast<std::size_t>(run.first + i); !mask[v]) expected[v] = run.after;
    if (const auto rest = painting.spared(delta(change)))
      for (const LabelRun& run : rest->runs)
        for (std::int32_t i = 0; i < run.length; ++i) found[static_cast<std::size_t>(run.first + i)] += run.after;
    ASSERT_EQ(found, expected) << "round " << round;
  }
}

}  // namespace
}  // namespace iso::gui
