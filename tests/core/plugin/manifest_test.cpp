#include "iso/plugin/manifest.h"

#include "iso/plugin/typed_task.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace iso::plugin {
namespace {

struct Settings {
  double strength = 1.5;
  friend bool operator==(const Settings&, const Settings&) = default;
  static constexpr auto fields() { return std::tuple{params::field("strength", &Settings::strength).in_range(0, 2)}; }
};

class Sharpen final : public TypedTask<Settings> {
 public:
  [[nodiscard]] About about() const override {
    return {"Sharpen", "Sharpens.", "$a = b$", "Filtering", {"doi:10.1/x"}};
  }
  [[nodiscard]] std::span<const Port> inputs() const noexcept override { return inputs_; }
  [[nodiscard]] std::span<const Port> outputs() const noexcept override { return outputs_; }

 protected:
  using TypedTask::run, TypedTask::plan;
  [[nodiscard]] Plan plan(const Descriptions&, const Settings& settings) const override {
    Plan plan;
    if (settings.strength == 1) plan.refuse_parameter("strength", "parameter 'strength' is 1, which changes nothing");
    return plan;
  }
  [[nodiscard]] Datasets run(const Datasets& inputs, const Settings&, RunContext&) override { return inputs; }

 private:
  std::vector<Port> inputs_{{"volume", Kind::volume, false, "what"}};
  std::vector<Port> outputs_{{"sharp", Kind::volume, true, "result", "left"}};
};

Task* make(const char* id) { return std::string_view{id} == "test/sharpen" ? new Sharpen : nullptr; }
void unmake(Task* task) { delete task; }
constexpr const char* ids[] = {"test/sharpen", nullptr};
constexpr auto tag = make_build_tag();
constexpr PluginDescriptor descriptor{sizeof(PluginDescriptor),
                                      abi_major,
                                      abi_minor,
                                      tag.data(),
                                      "test",
                                      "1.2.3",
                                      "Test",
                                      "Apache-2.0",
                                      ids,
                                      make,
                                      unmake};

std::string complaint(const std::string& text) {
  try {
    (void)manifest_from_json(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::invalid_input);
    return error.what();
  }
  return {};
}

TEST(Manifest, SaysWhatThePluginSays) {
  const Manifest manifest = make_manifest(descriptor, "test.so");
  EXPECT_EQ(manifest.version, "1.2.3");
  ASSERT_EQ(manifest.tasks.size(), 1U);
  EXPECT_EQ(manifest.tasks[0].about.title, "Sharpen");
  EXPECT_EQ(manifest.tasks[0].outputs[0].residual, "left");
  EXPECT_EQ(manifest.tasks[0].parameters.fields.at(0).maximum, 2);
  EXPECT_FALSE(manifest.tasks[0].interactive);
}

TEST(Manifest, SurvivesItsJsonForm) {
  const std::string text = to_json(make_manifest(descriptor, "test.so"));
  EXPECT_EQ(to_json(manifest_from_json(text)), text);
}

TEST(Manifest, IgnoresMembersItDoesNotKnow) {
  std::string text = to_json(make_manifest(descriptor, "test.so"));
  text.insert(text.find('{') + 1, R"("colour": "blue",)");
  EXPECT_EQ(manifest_from_json(text).id, "test");
}

TEST(Manifest, IsRefusedNamingTheMember) {
  const std::string good = to_json(make_manifest(descriptor, "test.so"));
  const auto changed = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return complaint(text);
  };
  EXPECT_NE(changed("\"schema_version\": 1", "\"schema_version\": 2").find("schema_version 2"), std::string::npos);
  EXPECT_NE(changed("\"version\"", "\"versoin\"").find("'version'"), std::string::npos);
  EXPECT_NE(changed("\"abi_major\": 2", "\"abi_major\": \"one\"").find("'abi_major'"), std::string::npos);
  EXPECT_NE(changed("\"test.so\"", "\"../test.so\"").find("'library'"), std::string::npos);
  EXPECT_NE(changed("\"kind\": \"volume\"", "\"kind\": \"smell\"").find("'smell'"), std::string::npos);
  EXPECT_NE(changed("\"type\": \"real\"", "\"type\": \"unreal\"").find("'unreal'"), std::string::npos);
  EXPECT_NE(changed("\"test/sharpen\"", "\"other/sharpen\"").find("other/sharpen"), std::string::npos);
  EXPECT_NE(complaint("not json").find("not JSON"), std::string::npos);
}

TEST(Manifest, ThatIsNotThereCannotBeRead) {
  try {
    (void)read_manifest(std::filesystem::path{::testing::TempDir()} / "nothing.plugin.json");
    FAIL() << "read";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::cannot_read);
  }
}

TEST(Compatibility, NeedsTheSameMajorNoNewerMinorAndTheSameBuild) {
  EXPECT_EQ(incompatibility(abi_major, abi_minor, build_tag()), "");
  EXPECT_NE(incompatibility(abi_major + 1, 0, build_tag()).find("interface 3.0"), std::string::npos);
  EXPECT_NE(incompatibility(abi_major, abi_minor + 1, build_tag()).find("newer"), std::string::npos);
  const std::string sentence = incompatibility(abi_major, abi_minor, "gcc99-cxx11abi0-itk9.9");
  EXPECT_NE(sentence.find("gcc99-cxx11abi0-itk9.9"), std::string::npos);
  EXPECT_NE(sentence.find(build_tag()), std::string::npos);
}

TEST(TypedTask, ChecksParametersBeforeItRuns) {
  const Sharpen sharpen;
  const Task& task = sharpen;
  EXPECT_THROW((void)task.parse(R"({"strength":3})"), Error);
  const Descriptions inputs = describe(Datasets{{"volume", freeze(Volume{})}});
  EXPECT_TRUE(task.plan(inputs, *task.parse(R"({"strength":2})")).possible());
  const Plan refused = task.plan(inputs, *task.parse(R"({"strength":1})"));
  ASSERT_EQ(refused.refusals.size(), 1U);
  EXPECT_EQ(refused.refusals.front().sentence, "parameter 'strength' is 1, which changes nothing");
  EXPECT_EQ(refused.refusals.front().parameter, "strength");
  EXPECT_EQ(refused.refusals.front().code, Errc::invalid_input);
}

TEST(TypedTask, RefusesInputsThatAreMissingOrOfAnotherKindBeforeItsAuthorIsAsked) {
  const Sharpen sharpen;
  const Task& task = sharpen;
  const auto parameters = task.parse("{}");
  const Plan missing = task.plan({}, *parameters);
  ASSERT_EQ(missing.refusals.size(), 1U);
  EXPECT_EQ(missing.refusals.front().code, Errc::no_input);
  const Plan other = task.plan(describe(Datasets{{"volume", freeze(Table{})}}), *parameters);
  ASSERT_EQ(other.refusals.size(), 1U);
  EXPECT_EQ(other.refusals.front().code, Errc::type_mismatch);
  const Plan several = task.plan(
      describe(Datasets{{"volume", PortItems<DatasetPtr>{{freeze(Volume{}), freeze(Volume{})}}}}), *parameters);
  ASSERT_EQ(several.refusals.size(), 1U);
  EXPECT_NE(several.refusals.front().sentence.find("takes one data set, 2 are given"), std::string::npos);
}

}  // namespace
}  // namespace iso::plugin
