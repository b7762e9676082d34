#include "iso/base/json_text.h"

#include "iso/base/error.h"

#include <gtest/gtest.h>

namespace iso::test {
namespace {

TEST(JsonText, FindsANameThatOneObjectHasTwice) {
  EXPECT_EQ(find_doubled_member(R"({"a": 1, "b": 2, "a": 3})"), "a");
  EXPECT_EQ(find_doubled_member(R"({"a": {"b": [1, {"c": 1, "d": "x", "c": 2}]}})"), "c");
  EXPECT_EQ(find_doubled_member(R"([{"a": 1}, {"a b" : 1, "a b"
    : 2}])"),
            "a b");
  EXPECT_EQ(find_doubled_member(R"({"": 1, "x": 2, "": 3, "x": 4})"), "x")
      << "a name without letters is none to speak of";
}

TEST(JsonText, LetsNamesOfDifferentObjectsAndTextsBe) {
  for (const char* const sound :
       {R"({"a": {"a": {"a": 1}}, "b": [{"a": 1}, {"a": 2}]})", R"({"a": "a", "b": "a", "c": ["a", "a"]})",
        R"({"a\"": 1, "a": 2, "b": "\"a\": 1, \"a\": 2"})", R"({"a": "{\"x\":1,\"x\":2}"})", "", "[", "{", "\"", "\"\\",
        R"({"a": 1, "a)", R"({"a")", "}]}{"})
    EXPECT_EQ(find_doubled_member(sound), "") << sound;
}

TEST(JsonText, IsRefusedNamingWhatAndWhich) {
  try {
    refuse_doubled_members(R"({"seed": 1, "seed": 2})", "the recipe");
    FAIL() << "two seeds passed";
  } catch (const Error& problem) {
    EXPECT_EQ(problem.code(), Errc::invalid_input);
    EXPECT_STREQ(problem.what(), "the recipe says 'seed' twice in one object");
  }
}

}  // namespace
}  // namespace iso::test
