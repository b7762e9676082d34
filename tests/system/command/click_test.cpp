// A log of clicks without a screen, and the simulated user over a folder.
#include "support/command.h"

#include <nlohmann/json.hpp>

namespace iso::test {
namespace {

using Json = nlohmann::json;

class Click : public ::testing::Test {
 protected:
  Click() {
    EXPECT_EQ(isocenter({"phantom", "discs", "-o", folder / "image.mha", "--size", "64,64,1"}).code, 0);
    write_log("log.json",
              R"([{"id": 1, "label": 1, "voxels": [[32, 32, 0]]}, {"id": 2, "label": 0, "voxels": [[33, 32, 0]]},
                              {"id": 3, "label": 2, "voxels": [[10, 32, 0], [11, 32, 0]]}])");
  }
  void write_log(const std::string& name, const std::string& marks) {
    folder.write(name, R"({"click_log_version": 1, "recipe": {"recipe_version": 1, "task": "gp_segmentation/clicks",
                           "inputs": {"volume": "image.mha"}}, "marks": )" +
                           marks + "}");
  }
  Folder folder{"iso_click"};
};

TEST_F(Click, MakesTheSameMaskFromTheSameLogAndObeysIt) {
  const Answer first = isocenter({"click", "--clicks", folder / "log.json", "-o", folder / "a.nii.gz", "--json"});
  ASSERT_EQ(first.code, 0) << first.err;
  const Answer second = isocenter({"click", folder / "image.mha", "--clicks", folder / "log.json", "-o",
                                   folder / "b.nii.gz", "--json", "--threads", "1", "--picture", folder / "b.png"});
  ASSERT_EQ(second.code, 0) << second.err;
  const Json a = Json::parse(first.out), b = Json::parse(second.out);
  EXPECT_EQ(a.at("digest"), b.at("digest"));
  EXPECT_EQ(a.at("disobeyed"), 0);
  EXPECT_EQ(a.at("marks"), 3);
  EXPECT_TRUE(fs::exists(folder / "b.png"));
}

TEST_F(Click, WarnsOfAnotherImageThanTheLogNames) {
  const auto warning_for = [&](const std::string& image) {
    const Answer answer =
        isocenter({"click", folder / image, "--clicks", folder / "log.json", "-o", folder / "m.nii.gz", "--overwrite"});
    EXPECT_EQ(answer.code, 0) << answer.err;
    return answer.err.find("another image than '" + (folder / image)) != std::string::npos;
  };
  fs::create_directory(folder / "elsewhere");
  fs::copy_file(folder / "image.mha", folder / "copy.mha");
  EXPECT_EQ(isocenter({"phantom", "shepp-logan", "-o", folder / "head.mha", "--size", "64,64,1"}).code, 0);
  EXPECT_FALSE(warning_for("image.mha"));
  EXPECT_FALSE(warning_for("copy.mha")) << "the same voxels under another name";
  EXPECT_TRUE(warning_for("head.mha"));
  fs::rename(folder / "image.mha", folder / "elsewhere/image.mha");
  EXPECT_FALSE(warning_for("elsewhere/image.mha")) << "the one that is named is gone, and this one is called so";
  EXPECT_TRUE(warning_for("head.mha"));
}

TEST_F(Click, WritesFurtherOutputsWhereTheTaskGivesThem) {
  const Answer without = isocenter({"click", "--clicks", folder / "log.json", "-o", folder / "m.nii.gz", "--also",
                                    "probability=" + (folder / "p.nii.gz")});
  EXPECT_EQ(without.code, 21) << without.err;
  EXPECT_NE(without.err.find("gave no output 'probability'"), std::string::npos) << without.err;
  const Answer with = isocenter({"click", "--clicks", folder / "log.json", "-o", folder / "m.nii.gz", "--set",
                                 "uncertainty=true", "--also", "probability=" + (folder / "p.nii.gz"), "--overwrite"});
  EXPECT_EQ(with.code, 0) << with.err;
  EXPECT_TRUE(fs::exists(folder / "p.nii.gz"));
}

TEST_F(Click, RefusesWhatIsNoLogInOneSentence) {
  folder.write("broken.json", "{\"click_log_version\": 1");
  write_log("label.json", R"([{"id": 1, "label": 70000, "voxels": [[1, 1, 0]]}])");
  for (const auto& [log, words] : std::map<std::string, std::string>{
           {"broken.json", "no JSON object"}, {"label.json", "mark 1 of the click log"}, {"image.mha", "click log"}}) {
    const Answer answer = isocenter({"click", "--clicks", folder / log, "-o", folder / "x.nii.gz"});
    EXPECT_EQ(answer.code, 22) << answer.err;
    EXPECT_NE(answer.err.find(words), std::string::npos) << answer.err;
    EXPECT_FALSE(fs::exists(folder / "x.nii.gz"));
  }
  EXPECT_EQ(isocenter({"click", "-o", folder / "x.nii.gz"}).code, 1);
  const Answer value =
      isocenter({"click", "--clicks", folder / "log.json", "-o", folder / "x.nii.gz", "--set", "smothing=1"});
  EXPECT_EQ(value.code, 1);
  EXPECT_NE(value.err.find("did you mean smoothing"), std::string::npos) << value.err;
}

TEST_F(Click, CountsTheClicksOfASimulatedUser) {
  ASSERT_EQ(isocenter({"click", "--clicks", folder / "log.json", "-o", folder / "cases_mask.nii.gz"}).code, 0);
  fs::create_directories(folder / "cases");
  fs::copy_file(folder / "image.mha", folder / "cases/a_image.mha");
  fs::copy_file(folder / "cases_mask.nii.gz", folder / "cases/a_mask.nii.gz");
  const Answer answer = isocenter({"evaluate", "clicks", folder / "cases", "--json", "--most", "6", "--report",
                                   folder / "report.json", "--least-voxels", "5"});
  ASSERT_EQ(answer.code, 0) << answer.err;
  const Json figures = Json::parse(answer.out).at("figures");
  EXPECT_GE(figures.at("objects"), 1);
  EXPECT_EQ(figures.at("noic"), 0);
  EXPECT_GT(figures.at("iou_5"), 0.3);
  EXPECT_TRUE(fs::exists(folder / "report.json"));
  const Answer nothing = isocenter({"evaluate", "clicks", folder / "."});
  EXPECT_EQ(nothing.code, 21);
  EXPECT_EQ(isocenter({"evaluate", "clocks", folder / "cases"}).code, 1);
}

}  // namespace
}  // namespace iso::test
