#include "main_job.h"

#include <cmath>

namespace iso::test {
namespace {

using Json = nlohmann::json;

/// Eight rows across the brightest layer of the needle.
class NeedleScan : public ::testing::Test {
 protected:
  std::string reconstruct(const std::string& method, const std::string& name,
                          const std::vector<std::string>& more = {}) const {
    std::string output = folder / (name + ".mha");
    const Answer answer = isocenter(to_words(method, output, more));
    EXPECT_EQ(answer.code, 0) << answer.err;
    return output;
  }
  std::vector<std::string> to_words(const std::string& method, const std::string& output,
                                    const std::vector<std::string>& more) const {
    auto words = words_of_run(method, output, more);
    words[3] = scan + ".mrc";
    words[5] = scan + ".json";
    return words;
  }
  /// These views of the scan as a file of its own.
  std::string part(const std::string& name, const std::string& views, const std::vector<std::string>& more = {}) const {
    std::string file = folder / name;
    std::vector<std::string> words{"convert",        scan + ".mrc", file,      "-g", scan + ".json",
                                   "--unattenuated", "none",        "--views", views};
    words.insert(words.end(), more.begin(), more.end());
    const Answer answer = isocenter(words);
    EXPECT_EQ(answer.code, 0) << answer.err;
    return file;
  }
  /// How far what the image of `made_from` says is from the views of `left_out`, as a part of them.
  double foretold(const std::string& method, const std::string& made_from, const std::string& left_out) const {
    const std::string image = folder / (method + ".mha"), said = folder / (method + ".h5");
    std::vector<std::string> run{
        "run", "sparse_view_ct/" + method, "-i", made_from, "-o", image, "--progress", "none", "--overwrite"};
    if (method == "fbp") run.emplace_back("--limited-angle");
    for (const auto& words :
         {run, std::vector<std::string>{"project", image, "-g", left_out, "-o", said, "--overwrite"}}) {
      const Answer answer = isocenter(words);
      EXPECT_EQ(answer.code, 0) << answer.err;
    }
    const Answer answer = isocenter({"compare", said, left_out, "--json"});
    EXPECT_EQ(answer.code, 0) << answer.err;
    return Json::parse(answer.out).at("nrmse").get<double>();
  }
  Folder folder{"iso_needle_scan"};
  std::string scan{needle_rows(folder, 98, 8)};
};

class NeedleScanOfEveryMethod : public NeedleScan, public ::testing::WithParamInterface<const char*> {};
INSTANTIATE_TEST_SUITE_P(Of, NeedleScanOfEveryMethod, ::testing::Values("fbp", "sart", "cgls", "tv"),
                         [](const auto& tested) { return std::string(tested.param); });

TEST_F(NeedleScan, OfEverySecondViewForetellsTheOthers) {
  const std::string even = part("even.h5", "0:76:2"), odd = part("odd.h5", "1:75:2");
  const double fbp = foretold("fbp", even, odd), sart = foretold("sart", even, odd), tv = foretold("tv", even, odd);
  std::cout << "views between: FBP " << fbp << ", SART " << sart << ", TV " << tv << "\n";
  EXPECT_LT(sart, fbp);
  EXPECT_LT(tv, fbp);
  EXPECT_LT(tv, 0.025) << "0.0225 of the whole needle";
}

TEST_F(NeedleScan, OfAFourthOfItsViewsForetellsTheOthersBestByTotalVariation) {
  const std::string few = part("few.h5", "0:76:4"), others = part("others.h5", "1:73:4,2:74:4,3:75:4");
  const double fbp = foretold("fbp", few, others), sart = foretold("sart", few, others),
               tv = foretold("tv", few, others);
  std::cout << "20 of 77 views: FBP " << fbp << ", SART " << sart << ", TV " << tv << "\n";
  EXPECT_LT(tv, sart);
  EXPECT_LT(tv, fbp);
  EXPECT_LT(tv, 0.028) << "0.0250 of the whole needle";
}

// The missing wedge: views that no image between -60 and 60 degrees was made from, up to 16 degrees beyond.
TEST_F(NeedleScan, ForetellsViewsBeyondItsWedge) {
  const std::string within = part("within.h5", "8:68"), beyond = part("beyond.h5", "0:7,69:76");
  const double fbp = foretold("fbp", within, beyond), sart = foretold("sart", within, beyond),
               tv = foretold("tv", within, beyond);
  std::cout << "beyond the wedge: FBP " << fbp << ", SART " << sart << ", TV " << tv << "\n";
  EXPECT_LT(sart, fbp);
  EXPECT_LT(tv, fbp);
  EXPECT_LT(tv, 0.05) << "0.0406 of the whole needle";
}

// The cross-section is round and of one density: were the axis or the sign of the tilt wrong, its projections would not fit together.
TEST_F(NeedleScan, FitsItsOwnViewsOnlyAboutItsAxis) {
  const std::string even = part("even.h5", "0:76:2"), odd = part("odd.h5", "1:75:2");
  const double right = foretold("sart", even, odd);
  const std::vector<std::string> aside{"--rotation-axis", "51"};
  const std::string moved = part("moved.h5", "0:76:2", aside), moved_odd = part("moved_odd.h5", "1:75:2", aside);
  EXPECT_GT(foretold("sart", moved, moved_odd), 1.5 * right) << "the axis three elements aside";
}

TEST_P(NeedleScanOfEveryMethod, ReplaysToTheSameBits) {
  const std::string method = GetParam();
  std::vector<std::string> more{"--use-views", "39", "--threads", "2"};
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

TEST_P(NeedleScanOfEveryMethod, RunsWithTheDefaultsThatAreDescribed) {
  const std::string method = GetParam();
  const Answer described = isocenter({"describe", "sparse_view_ct/" + method, "--json"});
  const Answer planned = isocenter(to_words(method, folder / "none.mha", {"--dry-run"}));
  ASSERT_EQ(described.code, 0) << described.err;
  ASSERT_EQ(planned.code, 0) << planned.err;
  const Json parameters = Json::parse(planned.out).at("parameters");
  for (const Json& field : Json::parse(described.out).at("parameters")) {
    if (field.at("name") == "limited_angle") continue;
    EXPECT_EQ(parameters.at(field.at("name").get<std::string>()), field.at("default")) << field.at("name");
  }
}

TEST_F(NeedleScan, IsLeftAloneWhereItIsComplete) {
  const std::string output = reconstruct("fbp", "all");
  const auto before = fs::last_write_time(output);
  EXPECT_EQ(reconstruct("fbp", "all", {"--skip-complete", "--overwrite"}), output);
  EXPECT_EQ(fs::last_write_time(output), before);
  reconstruct("fbp", "all", {"--skip-complete", "--overwrite", "--use-views", "20"});
  EXPECT_NE(fs::last_write_time(output), before) << "other parameters are another run";
}

TEST_F(NeedleScan, IsShownInOneWindowForAllPictures) {
  const std::string volume = reconstruct("fbp", "all");
  EXPECT_EQ(isocenter({"convert", volume, folder / "a.png", "--window", "1000,500"}).code, 0);
  EXPECT_EQ(isocenter({"convert", volume, folder / "b.png"}).code, 0);
  EXPECT_NE(to_text(folder / "a.png"), to_text(folder / "b.png"));
  EXPECT_EQ(isocenter({"convert", volume, folder / "c.nrrd", "--window", "1000,500"}).code, 1)
      << "only pictures have a window";
  EXPECT_EQ(isocenter({"convert", volume, folder / "c.png", "--window", "0,500"}).code, 1);
}

TEST_F(NeedleScan, IsComparedInsideOfACylinder) {
  const std::string volume = reconstruct("fbp", "all");
  const auto elements = [&](const std::string& radius) {
    return Json::parse(isocenter({"compare", volume, volume, "--radius", radius, "--data-range", "1", "--json"}).out)
        .at("elements")
        .get<int>();
  };
  EXPECT_EQ(elements("48"), 8 * 7213) << "points of whole coordinates in a circle of radius 48, in eight slices";
  EXPECT_EQ(elements("0.5"), 8) << "the voxels on the axis";
  EXPECT_EQ(isocenter({"compare", volume, volume, "--radius", "0"}).code, 1);
  EXPECT_EQ(isocenter({"compare", volume, volume, "--radius", "9", "--mask", volume}).code, 1);
}

struct ViewsCase {
  const char* list;
  const char* word;
};
class ViewsThatAreNone : public NeedleScan, public ::testing::WithParamInterface<ViewsCase> {};
INSTANTIATE_TEST_SUITE_P(Of, ViewsThatAreNone,
                         ::testing::Values(ViewsCase{"77", "77 views"}, ViewsCase{"5:2", "'5:2'"},
                                           ViewsCase{"0:76:0", "'0:76:0'"}, ViewsCase{"0:1:2:3", "names no views"},
                                           ViewsCase{"a", "'a'"}, ViewsCase{"1,1", "twice"}));
TEST_P(ViewsThatAreNone, AreRefused) {
  const Answer answer = isocenter({"convert", scan + ".mrc", folder / "a.h5", "-g", scan + ".json", "--unattenuated",
                                   "none", "--views", GetParam().list});
  EXPECT_EQ(answer.code, 1);
  EXPECT_NE(answer.err.find(GetParam().word), std::string::npos) << answer.err;
  EXPECT_FALSE(fs::exists(folder / "a.h5"));
}

// A spot at (6.5, -4, 9.25) pixels of the file's axes: x right, y up, z towards the source. In our image x is x, y is -z and z is y.
TEST(TiltSeries, PutsAnOffCentreMarkerInItsPlace) {
  const Folder folder{"iso_marker"};
  const std::string marker = std::string(ISO_SOURCE_DIR) + "/tests/data/mrc/marker";
  folder.write("scan.json", R"({"beam": "parallel", "angles_deg": {"first": 60, "step": -10, "count": 13},
    "elements": [41, 25], "pitch_mm": [1, 1]})");
  const Answer run = isocenter({"run", "sparse_view_ct/sart", "-i", marker + ".mrc", "-g", folder / "scan.json", "-o",
                                folder / "image.npy", "--size", "41", "--progress", "none"});
  ASSERT_EQ(run.code, 0) << run.err;
  const std::string bytes = to_text(folder / "image.npy");
  const std::size_t header = 10 + static_cast<unsigned char>(bytes[8]) + 256 * static_cast<unsigned char>(bytes[9]);
  ASSERT_EQ(bytes.size(), header + 41UL * 41 * 25 * sizeof(float));
  std::vector<float> image(41UL * 41 * 25);
  std::memcpy(image.data(), bytes.data() + header, image.size() * sizeof(float));
  const auto at = static_cast<int>(std::ranges::max_element(image) - image.begin());
  const int column = at % 41, row = at / 41 % 41, section = at / (41 * 41);
  EXPECT_NEAR(column, 20 + 6.5, 1);
  EXPECT_NEAR(row, 20 - 9.25, 1);
  EXPECT_NEAR(section, 12 - 4, 1);
}

}  // namespace
}  // namespace iso::test
