#include "support/command.h"
#include "support/plugin_folder.h"

namespace iso::test {
namespace {

std::vector<std::string> radial(const std::string& out, std::vector<std::string> more = {}) {
  std::vector<std::string> words{"project", "heart", "--mask", "radial", "--size", "24", "--frames", "3", "-o", out};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST(RadialCommand, MeasuresSpokesThatCheckDescribesAndATaskReconstructs) {
  const Folder folder("iso_radial");
  ASSERT_EQ(isocenter(radial(folder / "a.h5", {"--spokes", "9", "--coils", "2", "--seed", "4"})).code, 0);
  const Answer seen = isocenter({"check", "--full", folder / "a.h5"});
  EXPECT_EQ(seen.code, 0) << seen.err;
  EXPECT_NE(seen.out.find("9 readouts a frame of 48 samples, spokes through the centre, reaching 12 cycles"),
            std::string::npos)
      << seen.out;
  const Answer done = isocenter({"run", "dynamic_mri/cg_sense", "-i", folder / "a.h5", "-o", folder / "series.nrrd"});
  EXPECT_EQ(done.code, 0) << done.err;
}

TEST(RadialCommand, RefusesWhatDoesNotBelongToSpokesInOneSentence) {
  const Folder folder("iso_radial_bad");
  const Answer angle = isocenter(radial(folder / "a.h5", {"--angle", "silver"}));
  EXPECT_EQ(angle.code, 1);
  EXPECT_NE(angle.err.find("take golden, tiny-golden or uniform"), std::string::npos) << angle.err;
  EXPECT_EQ(isocenter(radial(folder / "a.h5", {"--acceleration", "4"})).code, 1);
  EXPECT_EQ(isocenter(radial(folder / "a.h5", {"--spokes", "0"})).code, 1);
  EXPECT_EQ(isocenter({"project", "heart", "--mask", "random", "--spokes", "9", "-o", folder / "b.h5"}).code, 1);
  const Answer kind = isocenter({"project", "heart", "--mask", "zigzag", "-o", folder / "b.h5"});
  EXPECT_EQ(kind.code, 1);
  EXPECT_NE(kind.err.find("radial"), std::string::npos) << kind.err;
}

}  // namespace
}  // namespace iso::test
