#include "iso/mri/sampling_mask.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace iso::mri;

namespace {

std::int64_t count(const iso::Pixels& mask, std::int64_t frame) {
  const auto lines = mask.spec().shape[0] * mask.spec().shape[1];
  const auto values =
      mask.values<std::uint8_t>().subspan(static_cast<std::size_t>(frame * lines), static_cast<std::size_t>(lines));
  return std::count(values.begin(), values.end(), std::uint8_t{1});
}

bool measured(const iso::Pixels& mask, std::int64_t y, std::int64_t frame) {
  return mask.values<std::uint8_t>()[static_cast<std::size_t>(frame * mask.spec().shape[0] * mask.spec().shape[1] +
                                                              y)] != 0;
}

}  // namespace

TEST(SamplingMask, HasTheLinesItsAccelerationLeavesInEveryFrameAndTheCentre) {
  for (const auto kind : {MaskKind::random, MaskKind::gaussian}) {
    const auto mask = make_mask(110, 1, 10, {.kind = kind, .acceleration = 110.0 / 14, .centre_lines = 4, .seed = 3});
    EXPECT_EQ(mask.spec().shape, (iso::Shape{110, 1, 10}));
    EXPECT_NEAR(acceleration(mask), 7.857, 1e-3);
    for (std::int64_t t = 0; t < 10; ++t) {
      EXPECT_EQ(count(mask, t), 14);
      for (const std::int64_t y : {53, 54, 55, 56}) EXPECT_TRUE(measured(mask, y, t));
    }
  }
}

TEST(SamplingMask, DiffersFromFrameToFrameAndWithTheSeedAndOnlyThen) {
  const auto one = make_mask(64, 1, 6, {.seed = 1}), again = make_mask(64, 1, 6, {.seed = 1}),
             other = make_mask(64, 1, 6, {.seed = 2});
  EXPECT_EQ(std::memcmp(one.data(), again.data(), one.spec().bytes()), 0);
  EXPECT_NE(std::memcmp(one.data(), other.data(), one.spec().bytes()), 0);
  for (std::int64_t t = 1; t < 6; ++t) EXPECT_NE(std::memcmp(one.data() + 64 * (t - 1), one.data() + 64 * t, 64), 0);
}

TEST(SamplingMask, MeasuresTheCentreMoreOftenThanTheRim) {
  const auto mask = make_mask(128, 1, 200, {.acceleration = 8, .centre_lines = 0, .seed = 4});
  std::int64_t centre = 0, rim = 0;
  for (std::int64_t t = 0; t < 200; ++t)
    for (std::int64_t y = 0; y < 16; ++y) {
      centre += measured(mask, 56 + y, t) ? 1 : 0;
      rim += measured(mask, y, t) ? 1 : 0;
    }
  EXPECT_GT(centre, 5 * rim);
}

TEST(SamplingMask, OfEqualStepsMovesOnByALineAFrame) {
  const auto mask = make_mask(24, 1, 3, {.kind = MaskKind::uniform, .acceleration = 4, .centre_lines = 0});
  for (std::int64_t t = 0; t < 3; ++t)
    for (std::int64_t y = 0; y < 24; ++y) EXPECT_EQ(measured(mask, y, t), y % 4 == t) << y;
}

TEST(SamplingMask, OfSpokesFillsAPlaneOfPhases) {
  const auto mask = make_mask(40, 32, 2, {.kind = MaskKind::spokes, .acceleration = 5, .centre_lines = 0});
  EXPECT_NEAR(acceleration(mask), 5, 0.8);
  EXPECT_NE(mask.values<std::uint8_t>()[16 * 40 + 20], 0);  // the centre
  EXPECT_THROW((void)make_mask(40, 1, 2, {.kind = MaskKind::spokes}), iso::Error);
}

TEST(SamplingMask, RefusesWhatLeavesNoLineOrTooManyCentreLines) {
  EXPECT_THROW((void)make_mask(0, 1, 1, {}), iso::Error);
  EXPECT_THROW((void)make_mask(64, 1, 1, {.acceleration = 0.5}), iso::Error);
  EXPECT_THROW((void)make_mask(64, 1, 1, {.acceleration = std::nan("")}), iso::Error);
  EXPECT_THROW((void)make_mask(64, 1, 1, {.acceleration = 16, .centre_lines = 8}), iso::Error);
}

TEST(SamplingMask, HoldsOutAFewLinesOfEveryFrame) {
  const auto mask = make_mask(110, 1, 5, {.acceleration = 5, .seed = 3});
  const auto parts = hold_out(mask, 0.05, 9);
  for (std::size_t i = 0; i < 550; ++i)
    EXPECT_EQ(parts.kept.values<std::uint8_t>()[i] + parts.left_out.values<std::uint8_t>()[i],
              mask.values<std::uint8_t>()[i]);
  for (std::int64_t t = 0; t < 5; ++t) EXPECT_EQ(count(parts.left_out, t), 1);  // of 22
}
