#include "main_job.h"

namespace iso::test {
namespace {

using Json = nlohmann::json;

class NeutronScan : public ::testing::Test {
 protected:
  std::string reconstruct(const std::string& method, const std::string& name,
                          const std::vector<std::string>& more = {}) const {
    std::string output = folder / (name + ".mha");
    const Answer answer = isocenter(words_of_run(method, output, more));
    EXPECT_EQ(answer.code, 0) << answer.err;
    return output;
  }
  Folder folder{"iso_neutron_scan"};
};

class NeutronScanOfEveryMethod : public NeutronScan, public ::testing::WithParamInterface<const char*> {};

TEST_F(NeutronScan, FromSixtyViewsGainsFourDecibelsByTotalVariation) {
  const std::string all = reconstruct("fbp", "all");
  const auto decibels = [&](const std::string& image) {
    const Answer answer = isocenter({"compare", image, all, "--radius", field_of_view, "--json"});
    EXPECT_EQ(answer.code, 0) << answer.err;
    return Json::parse(answer.out).at("psnr_db").get<double>();
  };
  const double fbp = decibels(reconstruct("fbp", "fbp", {"--use-views", "60"}));
  const double tv = decibels(reconstruct("tv", "tv", {"--use-views", "60"}));
  // Measured: 27.04 and 35.60 dB. The bar is the project's; FBP is held from below, so that the gain is not won by a poor FBP.
  EXPECT_GT(fbp, 26.5);
  EXPECT_GE(tv, fbp + 4) << "FBP " << fbp << " dB";
}

TEST_P(NeutronScanOfEveryMethod, ReplaysToTheSameBits) {
  const std::string method = GetParam();
  std::vector<std::string> more{"--use-views", "60", "--threads", "2"};
  if (method != "fbp") more.insert(more.end(), {"-D", "iterations=4"});
  const std::string record = reconstruct(method, method, more) + ".record.json";
  for (const char* const threads : {"1", "2"})
    for (const bool isolated : {false, true}) {
      std::vector<std::string> again{"replay", record, "--threads", threads, "--json", "--progress", "none"};
      if (isolated) again.emplace_back("--isolate");
      const Answer answer = isocenter(again);
      ASSERT_EQ(answer.code, 0) << threads << " threads, isolated " << isolated << ": " << answer.err;
      EXPECT_TRUE(Json::parse(answer.out).at("same_bits").get<bool>()) << threads << " threads, isolated " << isolated;
    }
}

INSTANTIATE_TEST_SUITE_P(Of, NeutronScanOfEveryMethod, ::testing::Values("fbp", "sart", "cgls", "tv"),
                         [](const auto& tested) { return std::string(tested.param); });

TEST_P(NeutronScanOfEveryMethod, RunsWithTheDefaultsThatAreDescribed) {
  const std::string method = GetParam();
  const Answer described = isocenter({"describe", "sparse_view_ct/" + method, "--json"});
  const Answer planned = isocenter(words_of_run(method, folder / "none.mha", {"--dry-run"}));
  ASSERT_EQ(described.code, 0) << described.err;
  ASSERT_EQ(planned.code, 0) << planned.err;
  const Json parameters = Json::parse(planned.out).at("parameters");
  for (const Json& field : Json::parse(described.out).at("parameters"))
    EXPECT_EQ(parameters.at(field.at("name").get<std::string>()), field.at("default")) << field.at("name");
}

// Without the bound at zero, which once got lost between the command line and the method, SART has 33.46 dB.
TEST_F(NeutronScan, ReachesThirtyFourDecibelsBySartOnTheAutomaticGrid) {
  const std::string all = reconstruct("fbp", "all");
  const Answer answer = isocenter(
      {"compare", reconstruct("sart", "sart", {"--use-views", "60"}), all, "--radius", field_of_view, "--json"});
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_GT(Json::parse(answer.out).at("psnr_db").get<double>(), 34.4) << "34.70 measured";
}

TEST_F(NeutronScan, IsLeftAloneWhereItIsComplete) {
  const std::string output = reconstruct("fbp", "all");
  const auto before = fs::last_write_time(output);
  EXPECT_EQ(reconstruct("fbp", "all", {"--skip-complete", "--overwrite"}), output);
  EXPECT_EQ(fs::last_write_time(output), before);
  reconstruct("fbp", "all", {"--skip-complete", "--overwrite", "--use-views", "90"});
  EXPECT_NE(fs::last_write_time(output), before) << "other parameters are another run";
}

TEST_F(NeutronScan, IsShownInOneWindowForAllPictures) {
  const std::string volume = reconstruct("fbp", "all", {"--use-views", "90"});
  EXPECT_EQ(isocenter({"convert", volume, folder / "a.png", "--window", "0.02,0.008"}).code, 0);
  EXPECT_EQ(isocenter({"convert", volume, folder / "b.png"}).code, 0);
  EXPECT_NE(text_of(folder / "a.png"), text_of(folder / "b.png"));
  EXPECT_EQ(isocenter({"convert", volume, folder / "c.nrrd", "--window", "0.02,0.008"}).code, 1)
      << "only pictures have a window";
  EXPECT_EQ(isocenter({"convert", volume, folder / "c.png", "--window", "0,0.008"}).code, 1);
}

TEST_F(NeutronScan, IsComparedInsideOfACircle) {
  const std::string volume = reconstruct("fbp", "all", {"--use-views", "90"});
  const auto elements = [&](const std::string& radius) {
    return Json::parse(isocenter({"compare", volume, volume, "--radius", radius, "--data-range", "1", "--json"}).out)
        .at("elements")
        .get<int>();
  };
  EXPECT_NEAR(elements("245"), 3.14159 * 245 * 245, 0.002 * 245 * 245);
  EXPECT_EQ(elements("0.5"), 1) << "the voxel on the axis";
  EXPECT_EQ(isocenter({"compare", volume, volume, "--radius", "0"}).code, 1);
  EXPECT_EQ(isocenter({"compare", volume, volume, "--radius", "9", "--mask", volume}).code, 1);
}

}  // namespace
}  // namespace iso::test
