#include "iso/base/checked.h"

#include <gtest/gtest.h>

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();

TEST(Checked, TakesAWholeNumberForWhatItIsAndNothingElse) {
  EXPECT_EQ(iso::to_whole<std::int64_t>(3.0), 3);
  EXPECT_EQ(iso::to_whole<std::int64_t>(-3.0), -3);
  EXPECT_EQ(iso::to_whole<std::int64_t>(-0x1p63), std::numeric_limits<std::int64_t>::min());
  for (const double wrong : {2.7, nan, infinity, -infinity, 0x1p63, 1e30, -1e30})
    EXPECT_FALSE(iso::to_whole<std::int64_t>(wrong).has_value()) << wrong;
  EXPECT_EQ(iso::to_whole<std::uint8_t>(255.0), 255);
  EXPECT_FALSE(iso::to_whole<std::uint8_t>(256.0).has_value());
  EXPECT_FALSE(iso::to_whole<std::uint64_t>(-1.0).has_value());
  EXPECT_FALSE(iso::to_whole<std::int32_t>(0x1p31f).has_value());
}

TEST(Checked, ClampsWhatDoesNotFit) {
  EXPECT_EQ(iso::to_clamped<std::int64_t>(2.7), 2);
  EXPECT_EQ(iso::to_clamped<std::int64_t>(1e300), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(iso::to_clamped<std::int64_t>(-infinity), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(iso::to_clamped<std::int64_t>(nan, -1), -1);
}

TEST(Checked, AddsAndMultipliesOnlyWhatFits) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(iso::checked_sum<std::int64_t>(most, 0), most);
  EXPECT_FALSE(iso::checked_sum<std::int64_t>(most, 1).has_value());
  EXPECT_EQ((iso::checked_product<std::size_t>({3, 4, 5})), 60U);
  EXPECT_FALSE((iso::checked_product<std::size_t>({std::size_t{1} << 40, std::size_t{1} << 40})).has_value());
  EXPECT_EQ(iso::narrowed<std::uint32_t>(std::uint64_t{7}), 7U);
  EXPECT_FALSE(iso::narrowed<std::uint32_t>(std::uint64_t{1} << 32).has_value());
  EXPECT_FALSE(iso::narrowed<std::uint32_t>(std::int64_t{-1}).has_value());
}

}  // namespace
