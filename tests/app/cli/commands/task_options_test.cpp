#include "cli/commands/task_options.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace iso::cli {
namespace {

using Json = nlohmann::json;

/// A task with one switch that is on and one that is off unless somebody says otherwise.
plugin::TaskManifest task_with_switches() {
  plugin::TaskManifest task;
  task.id = "some/task";
  for (const bool on : {true, false}) {
    params::FieldInfo field;
    field.name = on ? "non_negative" : "verbose";
    field.label = field.name;
    field.kind = params::FieldKind::boolean;
    field.default_value = on;
    task.parameters.fields.push_back(field);
  }
  return task;
}

/// The parameters of a recipe that `arguments` were laid over.
Json parameters_from(const std::vector<std::string>& arguments) {
  const auto task = task_with_switches();
  TaskOptions of_task{task};
  Options options{"some/task", "Some task."};
  of_task.add_to(options);
  EXPECT_TRUE(options.parse(arguments));
  job::Recipe recipe;
  recipe.parameters_json = "{}";
  of_task.merge_into(recipe);
  return Json::parse(recipe.parameters_json);
}

TEST(TaskOptions, LeaveASwitchAloneThatIsNotGiven) {
  EXPECT_EQ(parameters_from({}), Json::object());
  EXPECT_EQ(parameters_from({"--verbose"}), Json({{"verbose", true}}));
  EXPECT_EQ(parameters_from({"--no-verbose"}), Json({{"verbose", false}}));
}

TEST(TaskOptions, TakeTheLastWordOnASwitch) {
  EXPECT_EQ(parameters_from({"--no-non-negative"}), Json({{"non_negative", false}}));
  EXPECT_EQ(parameters_from({"--no-non-negative", "--non-negative"}), Json({{"non_negative", true}}));
  EXPECT_EQ(parameters_from({"--non-negative", "--no-non-negative"}), Json({{"non_negative", false}}));
  EXPECT_EQ(parameters_from({"-D", "non_negative=false"}), Json({{"non_negative", false}}));
}

TEST(TaskOptions, GatherTheFilesOfACollectionInTheirOrder) {
  plugin::TaskManifest task;
  task.inputs = {{"tiles", Kind::volume, false, "Tiles of one slide.", {}, true}};
  TaskOptions of_task{task};
  Options options{"some/task", "Some task."};
  of_task.add_to(options);
  const std::vector<std::string> words{"--tiles", "/data/b.mha", "--tiles=/data/a.mha"};
  ASSERT_TRUE(options.parse(words));
  job::Recipe recipe;
  recipe.inputs["tiles"] = "/data/old.mha";
  of_task.merge_into(recipe);
  EXPECT_TRUE(recipe.inputs.empty());
  EXPECT_EQ(recipe.collections.at("tiles"), (std::vector<std::string>{"/data/b.mha", "/data/a.mha"}));
}

}  // namespace
}  // namespace iso::cli
