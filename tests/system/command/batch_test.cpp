#include "support/command.h"

#include <nlohmann/json.hpp>

namespace iso::test {
namespace {

using Json = nlohmann::json;

class Batch : public ::testing::Test {
 protected:
  Batch() {
    EXPECT_EQ(isocenter({"phantom", "discs", "-o", folder / "a.mha", "--size", "16,16,1"}).code, 0);
    for (const char* const name : {"one", "two"})
      folder.write(std::string(name) + ".json",
                   R"({"task": "example/smoothing", "inputs": {"volume": "a.mha"}, "outputs": {"smoothed": ")" +
                       std::string(name) + R"(.mha"}})");
    folder.write(
        "bad.json",
        R"({"task": "example/smoothing", "inputs": {"volume": "missing.mha"}, "outputs": {"smoothed": "bad.mha"}})");
  }
  static std::map<std::string, Json> to_lines(const Answer& answer) {
    std::map<std::string, Json> lines;
    std::istringstream text(answer.out);
    for (std::string line; std::getline(text, line);) {
      const Json json = Json::parse(line);
      lines[json.at("case")] = json;
    }
    return lines;
  }
  Folder folder{"iso_batch"};
};

TEST_F(Batch, RunsEveryCaseAlthoughOneFails) {
  const Answer answer = isocenter({"batch", folder / "one.json", folder / "bad.json", folder / "two.json", "--jobs",
                                   "2", "--json", "--reports", folder.path().string()});
  EXPECT_EQ(answer.code, 20) << answer.err;
  const auto lines = to_lines(answer);
  ASSERT_EQ(lines.size(), 3U) << answer.out;
  EXPECT_EQ(lines.at("one").at("exit_code"), 0) << answer.out;
  EXPECT_EQ(lines.at("two").at("exit_code"), 0);
  EXPECT_EQ(lines.at("bad").at("exit_code"), 20);
  EXPECT_NE(lines.at("bad").at("message").get<std::string>().find("missing.mha"), std::string::npos);
  EXPECT_TRUE(fs::exists(folder / "two.mha"));
  EXPECT_EQ(Json::parse(to_text(folder / "bad.report.json")).at("state"), "failed");
}

TEST_F(Batch, ResumedLeavesOutWhatIsComplete) {
  ASSERT_EQ(isocenter({"batch", folder / "one.json"}).code, 0);
  const auto before = fs::last_write_time(folder / "one.mha");
  const auto lines = to_lines(isocenter({"batch", folder / "one.json", folder / "two.json", "--resume", "--json"}));
  EXPECT_TRUE(lines.at("one").at("skipped").get<bool>());
  EXPECT_FALSE(lines.at("two").at("skipped").get<bool>());
  EXPECT_EQ(lines.at("two").at("exit_code"), 0);
  EXPECT_EQ(fs::last_write_time(folder / "one.mha"), before);
}

TEST_F(Batch, TakesACaseARowFromAManifest) {
  folder.write("cases.csv", "case,volume,smoothed,sigma-mm\nweak," + folder / "a.mha" + "," + folder / "weak.mha" +
                                ",0.5\n\"strong, very\"," + folder / "a.mha" + "," + folder / "strong.mha" + ",\n");
  const Answer answer = isocenter({"batch", "example/smoothing", "--manifest", folder / "cases.csv", "--json"});
  EXPECT_EQ(answer.code, 0) << answer.err;
  EXPECT_EQ(to_lines(answer).count("strong, very"), 1U) << answer.out;
  EXPECT_EQ(Json::parse(to_text(folder / "weak.mha.record.json")).at("recipe").at("parameters").at("sigma_mm"), 0.5);
  EXPECT_EQ(Json::parse(to_text(folder / "strong.mha.record.json")).at("recipe").at("parameters").at("sigma_mm"), 1);
}

}  // namespace
}  // namespace iso::test
