#include "iso/job/click_log.h"

#include "iso/base/error.h"

#include <gtest/gtest.h>

namespace iso::job {
namespace {

ClickLog two_clicks() {
  ClickLog log;
  log.recipe.task = "example/region_growing";
  log.recipe.inputs["volume"] = "ct.nii.gz";
  log.recipe.parameters_json = R"({"tolerance":12.5})";
  log.recipe.seed = 3;
  log.marks.resize(2);
  log.marks[0].id = 4;
  log.marks[0].label = 2;
  log.marks[0].place_mm = {-1.25, 0.1, 3};
  log.marks[0].voxels = {{10, 20, 30}};
  log.marks[1].id = 9;
  log.marks[1].voxels = {{11, 20, 30}, {12, 20, 30}};
  return log;
}

TEST(ClickLog, ComesBackFromItsJson) { EXPECT_EQ(click_log_from_json(to_json(two_clicks())), two_clicks()); }

TEST(ClickLog, NeedsNeitherIdsNorPlaces) {
  const ClickLog log = click_log_from_json(
      R"({"click_log_version":1,"recipe":{"recipe_version":1,"task":"a/b"},"marks":[{"label":1,"voxels":[[1,2,3]]}]})");
  ASSERT_EQ(log.marks.size(), 1U);
  EXPECT_EQ(log.marks[0].id, 1U);
}

TEST(ClickLog, RefusesWhatIsNoneInOneSentence) {
  const std::string head = R"({"click_log_version":1,"recipe":{"recipe_version":1,"task":"a/b"},"marks":[)";
  for (const std::string& text :
       {std::string{}, std::string{"[]"}, std::string{R"({"click_log_version":2})"},
        std::string{R"({"click_log_version":1})"},
        std::string{R"({"click_log_version":1,"recipe":{"recipe_version":1,"task":"a/b"}})"}, head + "7]}",
        head + R"({"label":1}]})", head + R"({"label":1,"voxels":[]}]})", head + R"({"label":-1,"voxels":[[1,2,3]]}]})",
        head + R"({"label":65536,"voxels":[[1,2,3]]}]})", head + R"({"label":1,"voxels":[[1,2]]}]})",
        head + R"({"label":1,"voxels":[[1,2,-3]]}]})", head + R"({"label":1,"voxels":[[1,2,0.5]]}]})",
        head + R"({"label":1,"place_mm":[1,2],"voxels":[[1,2,3]]}]})", head + std::string(5000, '[')}) {
    try {
      (void)click_log_from_json(text);
      ADD_FAILURE() << text;
    } catch (const Error& refused) {
      EXPECT_EQ(refused.code(), Errc::invalid_input) << text;
    }
  }
}

}  // namespace
}  // namespace iso::job
