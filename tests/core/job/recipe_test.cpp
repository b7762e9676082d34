#include "iso/job/recipe.h"
#include "iso/base/error.h"

#include <gtest/gtest.h>

namespace iso::job {
namespace {

Recipe full() {
  Recipe recipe;
  recipe.task = "sparse_view_ct/tv";
  recipe.inputs = {{"sinogram", "scan.h5"}, {"prior", "workspace:prior"}};
  recipe.collections = {{"tiles", {"b.mha", "workspace:2", "a.mha"}}};
  recipe.hints = {{"sinogram", {{"geometry", "scan.xml"}, {"unit", "1/mm"}}}};
  recipe.outputs = {{"volume", "out/rec.mha"}};
  recipe.parameters_json = R"({"iterations":200,"tv_weight":0.05})";
  recipe.device = "cpu";
  recipe.seed = 18446744073709551615ULL;
  recipe.accepted_geometry = {Finding::gap, Finding::tilt};
  return recipe;
}

std::string catch_message(const std::string& text) {
  try {
    (void)recipe_from_json(text);
  } catch (const Error& problem) {
    EXPECT_EQ(problem.code(), Errc::invalid_input);
    return problem.what();
  }
  return "no error";
}

TEST(Recipe, SurvivesItsJsonForm) { EXPECT_EQ(recipe_from_json(to_json(full())), full()); }

TEST(Recipe, IgnoresUnknownMembers) { EXPECT_EQ(recipe_from_json(R"({"task":"a/b","colour":"blue"})").task, "a/b"); }

TEST(Recipe, NamesTheMemberThatIsWrong) {
  EXPECT_NE(catch_message("{").find("not JSON"), std::string::npos);
  EXPECT_NE(catch_message("[]").find("array"), std::string::npos);
  EXPECT_NE(catch_message("{}").find("no task"), std::string::npos);
  EXPECT_NE(catch_message(R"({"task":"a/b","inputs":3})").find("'inputs'"), std::string::npos);
  EXPECT_NE(catch_message(R"({"task":"a/b","inputs":{"x":[3]}})").find("'x'"), std::string::npos);
  EXPECT_NE(catch_message(R"({"task":"a/b","seed":-1})").find("'seed'"), std::string::npos);
  EXPECT_NE(catch_message(R"({"task":"a/b","seed":1.5})").find("'seed'"), std::string::npos);
  EXPECT_NE(catch_message(R"({"task":"a/b","parameters":[]})").find("'parameters'"), std::string::npos);
  EXPECT_NE(catch_message(R"({"task":"a/b","accepted_geometry":["bent"]})").find("'accepted_geometry'"),
            std::string::npos);
}

TEST(Recipe, OfANewerVersionIsRefusedWithBothVersions) {
  const std::string message = catch_message(R"({"task":"a/b","recipe_version":2})");
  EXPECT_NE(message.find('2'), std::string::npos);
  EXPECT_NE(message.find("up to 1"), std::string::npos);
}

TEST(Recipe, ResolvesPathsButNotTheWorkspace) {
  const Recipe recipe = resolved(full(), "/data/scan");
  EXPECT_EQ(recipe.inputs.at("sinogram"), "/data/scan/scan.h5");
  EXPECT_EQ(recipe.inputs.at("prior"), "workspace:prior");
  EXPECT_EQ(recipe.collections.at("tiles"),
            (std::vector<std::string>{"/data/scan/b.mha", "workspace:2", "/data/scan/a.mha"}));
  EXPECT_EQ(recipe.outputs.at("volume"), "/data/scan/out/rec.mha");
  EXPECT_EQ(recipe.hints.at("sinogram").at("geometry"), "/data/scan/scan.xml");
}

TEST(State, HasANameAndBack) {
  for (const State state :
       {State::queued, State::running, State::cancelling, State::done, State::cancelled, State::failed, State::crashed})
    EXPECT_EQ(state_from_string(to_string(state)), state);
  EXPECT_THROW((void)state_from_string("asleep"), Error);
}

TEST(Recipe, ThatSaysAMemberTwiceOrMisspellsOneIsRefused) {
  const auto refusal = [](const std::string& text) -> std::string {
    try {
      (void)recipe_from_json(text);
    } catch (const Error& problem) {
      EXPECT_EQ(problem.code(), Errc::invalid_input);
      return problem.what() + problem.hint();
    }
    return {};
  };
  EXPECT_NE(refusal(R"({"task": "a/b", "seed": 1, "seed": 2})").find("'seed' twice"), std::string::npos);
  EXPECT_NE(refusal(R"({"task": "a/b", "inputs": {"x": "1", "x": "2"}})").find("'x' twice"), std::string::npos);
  EXPECT_NE(refusal(R"({"task": "a/b", "parameter": {"size": 3}})").find("'parameters'"), std::string::npos);
  EXPECT_NE(refusal(R"({"task": "a/b", "Seed": 3})").find("'seed'"), std::string::npos);
  EXPECT_EQ(refusal(R"({"task": "a/b", "remark": "for the paper", "$schema": "recipe.schema.json"})"), "");
}

}  // namespace
}  // namespace iso::job
