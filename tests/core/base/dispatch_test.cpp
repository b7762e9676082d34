#include <gtest/gtest.h>
#include <iso/base/dispatch.h>

#include <type_traits>

namespace {

using iso::ScalarType;
constexpr std::array every_type{ScalarType::u8,  ScalarType::u16, ScalarType::i16, ScalarType::i32,
                                ScalarType::f32, ScalarType::f64, ScalarType::c64, ScalarType::c128};

TEST(Dispatch, CallsWithTheTypeItWasAskedFor) {
  for (const ScalarType type : every_type)
    EXPECT_EQ(iso::dispatch<iso::AllTypes>(type, [](auto zero) { return iso::scalar_type_of<decltype(zero)>; }), type);
}

TEST(Dispatch, RefusesTypesThatTheCodeDoesNotTake) {
  int calls = 0;
  const auto count = [&](auto) { ++calls; };
  for (const ScalarType type : every_type) {
    if (iso::FloatTypes::contains(type)) {
      iso::dispatch<iso::FloatTypes>(type, count);
      continue;
    }
    try {
      iso::dispatch<iso::FloatTypes>(type, count, "a transform");
      ADD_FAILURE() << to_string(type);
    } catch (const iso::Error& problem) {
      EXPECT_EQ(problem.code(), iso::Errc::type_mismatch);
      EXPECT_EQ(std::string{problem.what()},
                "a transform takes elements of f32, f64, not of " + std::string{to_string(type)});
    }
  }
  EXPECT_EQ(calls, 2);
}

}  // namespace
