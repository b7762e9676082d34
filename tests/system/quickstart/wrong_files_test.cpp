#include "main_job.h"

namespace iso::test {
namespace {

/// What a stranger may hand over instead of the scan; nothing may be written then.
class WrongFiles : public ::testing::Test {
 protected:
  Answer run_on(const std::string& readings, const std::string& layout) const {
    std::vector<std::string> words = words_of_run("fbp", folder / "rec.mha");
    words[3] = readings;
    words[5] = layout;
    return isocenter(words);
  }
  void expect_refused(const Answer& answer, int code, const std::string& word) const {
    EXPECT_EQ(answer.code, code) << answer.err;
    EXPECT_NE(answer.err.find(word), std::string::npos) << answer.err;
    const auto complaints = answer.complaints();
    ASSERT_FALSE(complaints.empty());
    EXPECT_LE(complaints.size(), 2U) << "one sentence and a hint: " << answer.err;
    EXPECT_TRUE(complaints.front().starts_with("isocenter: ")) << complaints.front();
    EXPECT_FALSE(fs::exists(folder / "rec.mha"));
  }
  Folder folder{"iso_wrong_files"};
  std::string scan{needle_scan + ".mrc"}, geometry{needle_scan + ".json"};
};

TEST_F(WrongFiles, APictureOfAnotherSizeIsNoScan) {
  EXPECT_EQ(isocenter({"convert", samples + "ct_lung_512x512.nii.gz", folder / "scan.png"}).code, 0);
  expect_refused(run_on(folder / "scan.png", geometry), 89, "512 x 1 x 512");
}

TEST_F(WrongFiles, AFileCutShortIsNamed) {
  const std::string whole = to_text(scan);
  expect_refused(run_on(folder.write("cut.mrc", whole.substr(0, whole.size() / 2)), geometry), 20, "cut.mrc");
}

TEST_F(WrongFiles, AGeometryOfOtherViewsIsRefused) {
  expect_refused(run_on(scan, folder.write("other.json", parallel_scan(97, equal_views(180)))), 89, "180");
}

TEST_F(WrongFiles, AGeometryThatIsNoneIsRefused) {
  expect_refused(run_on(scan, folder.write("none.json", "{\"beam\": ")), 22, "none.json");
  expect_refused(run_on(scan, folder / "absent.json"), 20, "absent.json");
}

}  // namespace
}  // namespace iso::test
