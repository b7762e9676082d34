#include <gtest/gtest.h>
#include <iso/base/digest.h>
#include <iso/base/error.h>
#include <iso/base/random.h>
#include <iso/base/threads.h>

#include <cmath>
#include <vector>

// Known answers of the authors' Random123 distribution, philox4x32 with 10 rounds.
TEST(Philox, GivesTheKnownAnswerOfZeros) {
  const auto block = iso::Philox{0, 0}.block(0);
  EXPECT_EQ(block, (std::array<std::uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
}

TEST(Philox, GivesTheKnownAnswerOfOnes) {
  const auto ones = ~std::uint64_t{0};
  const auto block = iso::Philox{ones, ones}.block(ones);
  EXPECT_EQ(block, (std::array<std::uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
}

class PoissonMean : public ::testing::TestWithParam<double> {};
TEST_P(PoissonMean, IsMeanAndVarianceOfTheCounts) {
  const iso::Philox random{3, 9};
  constexpr int n = 20000;
  double sum = 0, squares = 0;
  for (int i = 0; i < n; ++i) {
    const double k = random.poisson(static_cast<std::uint64_t>(i), GetParam());
    sum += k;
    squares += k * k;
  }
  const double mean = sum / n, variance = squares / n - mean * mean;
  EXPECT_NEAR(mean, GetParam(), 5 * std::sqrt(GetParam() / n));
  EXPECT_NEAR(variance / GetParam(), 1, 0.06);
}
INSTANTIATE_TEST_SUITE_P(SmallAndLarge, PoissonMean, ::testing::Values(0.5, 12.0, 29.9, 30.1, 400.0, 1e5));

TEST(ParallelFor, VisitsEveryIndexOnce) {
  std::vector<int> visits(1001, 0);
  iso::parallel_for(1001, 7, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = begin; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
  });
  EXPECT_EQ(visits, std::vector<int>(1001, 1));
}

TEST(ParallelFor, RethrowsTheErrorOfAChunk) {
  EXPECT_THROW(iso::parallel_for(10, 1,
                                 [](std::int64_t begin, std::int64_t) {
                                   if (begin == 5) throw iso::Error{iso::Errc::invalid_result, "five"};
                                 }),
               iso::Error);
}

TEST(Sha256, AgreesWithTheStandardsExample) {
  EXPECT_EQ(iso::Sha256{}.update("abc").hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(ExitCodes, FollowTheRanges) {
  EXPECT_EQ(iso::exit_code(iso::Errc::usage), 1);
  EXPECT_EQ(iso::exit_code(iso::Errc::cannot_read), 20);
  EXPECT_EQ(iso::exit_code(iso::Errc::cannot_write), 40);
  EXPECT_EQ(iso::exit_code(iso::Errc::geometry_refused), 89);
}

TEST(ErrorNames, ReadBackWhatTheyWrite) {
  for (int i = 0; i <= static_cast<int>(iso::Errc::geometry_refused); ++i) {
    EXPECT_EQ(iso::errc_from_string(iso::to_string(static_cast<iso::Errc>(i))), static_cast<iso::Errc>(i));
  }
}
