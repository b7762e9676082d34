#include "gui/presenters/presets.h"
#include "gui/presenters/task_form.h"

#include "iso/base/error.h"
#include "iso/job/recipe.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <fstream>
#include <sstream>

namespace iso::gui {
namespace {

namespace fs = std::filesystem;

std::string to_text(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream{file}.rdbuf();
  return text.str();
}

plugin::TaskManifest task() {
  plugin::TaskManifest manifest;
  manifest.id = "lab/denoise";
  manifest.parameters = params::schema_from_json(
      R"({"parameters":[{"name":"strength","type":"real","default":1.5,"minimum":0,"maximum":10},)"
      R"({"name":"rounds","type":"integer","default":3},{"name":"solver","type":"choice","default":"admm",)"
      R"("choices":["admm","fista"]}]})");
  return manifest;
}

class PresetFiles : public ::testing::Test {
 protected:
  PresetFiles() {
    fs::remove_all(folder);
    fs::create_directories(folder / "shipped");
    write("shipped/strong_noise.json", R"({"recipe_version":1,"task":"lab/denoise","comment":"for low dose",)"
                                       R"("inputs":{"volume":"x.nrrd"},"parameters":{"strength":4}})");
    write("shipped/other.json", R"({"recipe_version":1,"task":"lab/sharpen","parameters":{}})");
  }
  ~PresetFiles() override { fs::remove_all(folder); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(folder / name) << text; }
  [[nodiscard]] Presets presets() const { return {folder / "shipped", folder / "own"}; }
  fs::path folder = fs::path(::testing::TempDir()) / ("iso_presets" + std::to_string(::getpid()));
};

TEST_F(PresetFiles, ThatShipAreTheRecipesOfTheTask) {
  const auto list = presets().of("lab/denoise");
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].name, "strong noise");
  EXPECT_EQ(list[0].comment, "for low dose");
  EXPECT_FALSE(list[0].own);
}

TEST_F(PresetFiles, OfTheUserComeBackAfterTheShippedOnes) {
  Presets own = presets();
  (void)own.save("lab/denoise", "Knie / \u00fcber 3 T", R"({"strength":2,"rounds":9})", false);
  const auto list = presets().of("lab/denoise");
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[1].name, "Knie / \u00fcber 3 T");
  EXPECT_TRUE(list[1].own);
  TaskForm form{task(), {}, 0};
  form.take_preset(list[1].parameters_json);
  EXPECT_EQ(form.fields()[0].text, "2");
  EXPECT_EQ(form.fields()[1].text, "9");
  EXPECT_TRUE(presets().of("lab/sharpen").size() == 1) << "presets belong to their task";
}

TEST_F(PresetFiles, AreRecipesThatTheCommandTakes) {
  Presets own = presets();
  const Preset saved = own.save("lab/denoise", "mine", R"({"strength":2})", false);
  const job::Recipe recipe = job::recipe_from_json(to_text(saved.file));
  EXPECT_EQ(recipe.task, "lab/denoise");
  EXPECT_EQ(recipe.parameters_json, R"({"strength":2})");
}

TEST_F(PresetFiles, AreReplacedOnlyWhenAsked) {
  Presets own = presets();
  (void)own.save("lab/denoise", "mine", R"({"strength":2})", false);
  EXPECT_TRUE(own.exists("lab/denoise", "mine"));
  EXPECT_THROW((void)own.save("lab/denoise", "mine", R"({"strength":3})", false), Error);
  (void)own.save("lab/denoise", "mine", R"({"strength":3})", true);
  const auto list = own.of("lab/denoise");
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[1].parameters_json, R"({"strength":3})");
}

TEST_F(PresetFiles, AreRemovedIfTheyAreTheUsersOwn) {
  Presets own = presets();
  (void)own.save("lab/denoise", "mine", "{}", false);
  const auto list = own.of("lab/denoise");
  EXPECT_THROW(own.remove(list[0]), Error);
  own.remove(list[1]);
  EXPECT_EQ(own.of("lab/denoise").size(), 1U);
}

TEST_F(PresetFiles, WithoutANameOrAPlaceAreRefused) {
  Presets own = presets();
  EXPECT_THROW((void)own.save("lab/denoise", "  ", "{}", false), Error);
  EXPECT_THROW((void)own.save("lab/denoise", std::string(200, 'x'), "{}", false), Error);
  write("own", "a file where the folder should be");
  EXPECT_THROW((void)own.save("lab/denoise", "mine", "{}", false), Error);
}

TEST_F(PresetFiles, ThatAreBrokenAreNamedAndLeftOut) {
  write("shipped/broken.json", "{ no recipe");
  Presets all = presets();
  EXPECT_EQ(all.of("lab/denoise").size(), 1U);
  ASSERT_EQ(all.problems().size(), 1U);
  EXPECT_NE(all.problems()[0].find("broken.json"), std::string::npos);
}

TEST(FormsWithPresets, TakeTheWholeSetAndKnowWhetherTheyHoldIt) {
  TaskForm form{task(), {}, 0};
  EXPECT_TRUE(form.holds_preset("{}"));
  form.set("rounds", "7");
  EXPECT_FALSE(form.holds_preset("{}"));
  form.take_preset(R"({"strength":4.0,"solver":"fista"})");
  EXPECT_EQ(form.fields()[1].text, "3") << "what the preset does not name goes back to its default";
  EXPECT_TRUE(form.holds_preset(R"({"strength":4,"solver":"fista"})"));
  form.set("strength", "4.0");
  EXPECT_TRUE(form.holds_preset(R"({"strength":4,"solver":"fista"})")) << "the value counts, not how it is written";
  form.set("strength", "much");
  EXPECT_FALSE(form.holds_preset(R"({"strength":4,"solver":"fista"})"));
  EXPECT_THROW(form.take_preset("[]"), Error);
  EXPECT_EQ(form.fields()[0].text, "much") << "a preset that cannot be taken changes nothing";
  form.reset_all();
  EXPECT_TRUE(form.holds_preset("{}"));
}

TEST(FormsWithPresets, SayAtTheFieldWhatIsWrongWithAValue) {
  TaskForm form{task(), {}, 0};
  form.take_preset(R"({"strength":400})");
  EXPECT_FALSE(form.fields()[0].problem.empty());
  EXPECT_TRUE(form.fields()[1].problem.empty());
  EXPECT_FALSE(form.valid());
}

}  // namespace
}  // namespace iso::gui
