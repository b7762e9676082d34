#include "main_job.h"

namespace iso::test {
namespace {

using Json = nlohmann::json;

/// The commands of the README on the chest slice that ships. The bound is what another machine may round otherwise.
TEST(ChestSlice, HasTheFiguresOfTheReadme) {
  const Folder folder{"iso_chest_slice"};
  const std::string slice = samples + "ct_lung_512x512.nii.gz";
  folder.write("fan.json", R"({"beam": "fan", "detector": "flat", "angles_deg": {"first": 0, "step": 5, "count": 72},
    "elements": [672, 1], "pitch_mm": [1, 1], "source_to_axis_mm": 595, "source_to_detector_mm": 1086})");
  const auto good = [](const std::vector<std::string>& words) {
    const Answer answer = isocenter(words);
    EXPECT_EQ(answer.code, 0) << answer.err;
    return answer.out;
  };
  good({"project", slice, "-g", folder / "fan.json", "-o", folder / "chest.h5", "--photons", "1e5", "--seed", "1"});
  for (const auto& [method, decibels] : {std::pair{"fbp", 24.85}, std::pair{"tv", 37.64}}) {
    const std::string image = folder / (std::string{method} + ".mha");
    good({"run", std::string{"sparse_view_ct/"} + method, "-i", folder / "chest.h5", "-o", image, "--size", "512",
          "--spacing-mm", "0.6269531", "--units", "hounsfield", "--progress", "none"});
    const Json metrics = Json::parse(good({"compare", image, slice, "--window", "3000,500", "--json"}));
    EXPECT_NEAR(metrics.at("psnr_db").get<double>(), decibels, 0.05) << method;
  }
}

}  // namespace
}  // namespace iso::test
