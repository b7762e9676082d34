#include "method/region_growing.h"
#include "support/pixels.h"

#include "plugins/example/images.h"

#include "iso/base/random.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>

namespace example {
namespace {

const auto never = [] { return false; };

/// A disc of value 1 on 0, radius 20 around (32, 32).
Image disc() {
  return image_from({64, 64, 1}, [](auto x, auto y, auto) { return std::hypot(x - 32, y - 32) < 20 ? 1 : 0; });
}

std::int64_t count(const RegionGrowing& growing, std::uint16_t label) {
  return std::ranges::count(growing.labels(), label);
}

TEST(RegionGrowing, FillsADiscFromOneClick) {
  const Image image = disc();
  RegionGrowing growing{image, 0.3, {{{{32, 32, 0}}, 4}}};
  EXPECT_TRUE(growing.grow(never));
  EXPECT_EQ(count(growing, 4), std::ranges::count(image.values(), 1.0F));
  EXPECT_EQ(growing.fraction_grown(), 1);
}

/// A disc of 100 on 0 with white noise of the given level.
Image noisy_disc(double sigma) {
  const iso::Philox random{5, 0};
  return image_from({96, 96, 1}, [&](auto x, auto y, auto) {
    return (std::hypot(x - 48, y - 48) < 30 ? 100 : 0) + sigma * random.normal(static_cast<std::uint64_t>(x + 96 * y));
  });
}

TEST(RegionGrowing, FindsADiscByItselfWithAndWithoutNoise) {
  std::int64_t inside = 0;
  for (int y = 0; y < 96; ++y)
    for (int x = 0; x < 96; ++x) inside += std::hypot(x - 48, y - 48) < 30;
  for (const double sigma : {0.0, 1.0, 5.0, 15.0}) {
    for (const std::int32_t seed : {48, 30, 62}) {
      RegionGrowing growing{noisy_disc(sigma), 0, {{{{seed, 50, 0}}, 1}}};
      (void)growing.grow(never);
      EXPECT_GT(count(growing, 1), 0.97 * static_cast<double>(inside)) << "noise " << sigma << ", seed " << seed;
      EXPECT_LT(count(growing, 1), 1.03 * static_cast<double>(inside)) << "noise " << sigma << ", seed " << seed;
    }
  }
}

TEST(RegionGrowing, DoesNotTakeOneNoisyVoxelForTheRegion) {
  Image image = noisy_disc(2);
  // An outlier where the user happens to click.
  iso::test::change<float>(image.pixels, [](auto values) { values[48 + 96 * 48] = 60; });
  RegionGrowing growing{image, 0, {{{{48, 48, 0}}, 1}}};
  (void)growing.grow(never);
  EXPECT_GT(count(growing, 1), 2600);
  EXPECT_LT(count(growing, 1), 3000);
}

TEST(RegionGrowing, StopsAtWhatIsNotConnected) {
  const Image two = image_from({9, 1, 1}, [](auto x, auto, auto) { return x == 4 ? 0 : 1; });
  RegionGrowing growing{two, 0.3, {{{{0, 0, 0}}, 1}}};
  (void)growing.grow(never);
  EXPECT_EQ(count(growing, 1), 4);
}

TEST(RegionGrowing, GivesAVoxelToTheNearestOfTwoLabels) {
  const Image flat = image_from({11, 1, 1}, [](auto, auto, auto) { return 5; });
  RegionGrowing growing{flat, 1, {{{{0, 0, 0}}, 1}, {{{10, 0, 0}}, 2}}};
  (void)growing.grow(never);
  EXPECT_EQ(count(growing, 1), 6);  // the one in the middle to the label marked first
  EXPECT_EQ(count(growing, 2), 5);
}

TEST(RegionGrowing, TakesBackALeakWithAStrokeOfLabelZero) {
  const Image flat = image_from({20, 3, 1}, [](auto, auto, auto) { return 5; });
  RegionGrowing growing{flat, 1, {{{{0, 1, 0}}, 1}}};
  (void)growing.grow(never);
  EXPECT_EQ(count(growing, 1), 60);
  const SeedStroke click{{{0, 1, 0}}, 1}, block{{{9, 0, 0}, {9, 1, 0}, {9, 2, 0}}, 0};
  growing.mark(1, {click, block});
  (void)growing.grow(never);
  EXPECT_LT(count(growing, 1), 30);
  growing.mark(1, {click});
  (void)growing.grow(never);
  EXPECT_EQ(count(growing, 1), 60);
  growing.mark(1, {});
  EXPECT_FALSE(growing.marked());
}

TEST(RegionGrowing, DependsOnItsStrokesAndToleranceAloneWhateverCameBefore) {
  const Image image = noisy_disc(10);
  const SeedStroke a{{{48, 50, 0}}, 1}, b{{{5, 5, 0}}, 2}, c{{{40, 40, 0}, {41, 40, 0}}, 3};
  RegionGrowing growing{image, 0, {a, b}};
  (void)growing.grow([] { return true; });
  growing.mark(20, {c});
  (void)growing.grow(never);
  growing.mark(0, {a, c});
  (void)growing.grow(never);
  RegionGrowing fresh{image, 0, {a, c}};
  (void)fresh.grow(never);
  EXPECT_TRUE(std::ranges::equal(growing.labels(), fresh.labels()));
}

TEST(RegionGrowing, WidensItsIntervalWithEveryStroke) {
  const Image ramp = image_from({100, 1, 1}, [](auto x, auto, auto) { return x; });
  RegionGrowing growing{ramp, 2, {{{{50, 0, 0}}, 1}}};
  (void)growing.grow(never);
  EXPECT_EQ(count(growing, 1), 5);
  growing.mark(2, {{{{50, 0, 0}}, 1}, {{{60, 0, 0}}, 1}});
  (void)growing.grow(never);
  EXPECT_EQ(count(growing, 1), 15);
}

TEST(RegionGrowing, GoesOnWhereItsTimeWasUp) {
  const Image image = image_from({200, 200, 1}, [](auto, auto, auto) { return 1; });
  RegionGrowing whole{image, 1, {{{{10, 20, 0}}, 1}, {{{150, 160, 0}}, 2}}}, pieces = whole;
  (void)whole.grow(never);
  int calls = 0;
  EXPECT_FALSE(pieces.grow([] { return true; }));
  EXPECT_LT(pieces.fraction_grown(), 1);
  while (!pieces.grow([] { return true; })) ++calls;
  EXPECT_GT(calls, 2);
  EXPECT_TRUE(std::ranges::equal(whole.labels(), pieces.labels()));
}

TEST(RegionGrowing, LeavesOutNaNAndStrokesBesideTheImage) {
  const Image image =
      image_from({5, 1, 1}, [](auto x, auto, auto) { return x == 2 ? std::numeric_limits<double>::quiet_NaN() : 1; });
  RegionGrowing growing{image, 1, {{{{0, 0, 0}, {-1, 0, 0}, {0, 7, 0}}, 1}}};
  (void)growing.grow(never);
  EXPECT_EQ(count(growing, 1), 2);
  RegionGrowing nowhere{image, 1, {{{{2, 0, 0}}, 1}}};
  (void)nowhere.grow(never);
  EXPECT_EQ(count(nowhere, 1), 1);
}

TEST(RegionGrowing, AnswersAClickIn512By512WithinAHundredMilliseconds) {
  const Image image =
      image_from({512, 512, 1}, [](auto x, auto y, auto) { return std::hypot(x - 256, y - 256) < 250 ? 1 : 0; });
  RegionGrowing growing{image, 0.5, {}};
  const auto begin = std::chrono::steady_clock::now();
  growing.mark(0.5, {{{{256, 256, 0}}, 1}});
  EXPECT_TRUE(growing.grow(never));
  const std::chrono::duration<double, std::milli> spent = std::chrono::steady_clock::now() - begin;
  RecordProperty("milliseconds", std::to_string(spent.count()));
  EXPECT_LT(spent.count(), 100);
}

TEST(Marks, BecomeOneStrokeALabel) {
  const Image image = disc();
  iso::LabelMap marks{iso::PixelBuffer::allocate({{64, 64, 1}, iso::ScalarType::u8}), {}, {}, {}};
  iso::test::change<std::uint8_t>(marks.labels, [](auto labels) {
    labels[64 * 3 + 5] = 2;
    labels[64 * 3 + 6] = 1;
  });
  const auto strokes = make_strokes(marks, image);
  ASSERT_EQ(strokes.size(), 2U);
  EXPECT_EQ(strokes[1].label, 2);
  EXPECT_EQ(strokes[1].voxels.at(0), (std::array<std::int32_t, 3>{5, 3, 0}));
  marks.labels = iso::PixelBuffer::allocate({{63, 64, 1}, iso::ScalarType::u8});
  EXPECT_THROW((void)make_strokes(marks, image), iso::Error);
  EXPECT_THROW((void)make_stroke(std::vector<double>{64, 0, 0}, image), iso::Error);
}

}  // namespace
}  // namespace example
