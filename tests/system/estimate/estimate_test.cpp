// What `estimate` promises, against the highest resident size of a fresh worker process.

#include "support/command.h"

#include <nlohmann/json.hpp>

namespace iso::test {
namespace {

using Json = nlohmann::json;

class Estimate : public ::testing::Test {
 protected:
  /// Runs a method isolated and gives estimated over measured memory.
  double ratio(std::vector<std::string> words) {
    const std::string report = folder / "report.json";
    words.insert(words.begin(), "run");
    words.insert(words.end(), {"--isolate", "--progress", "none", "--overwrite", "--report", report, "--volume",
                               folder / "out.mha"});
    const Answer answer = isocenter(words);
    EXPECT_EQ(answer.code, 0) << answer.err;
    const Json record = Json::parse(to_text(report));
    const auto estimated = record.at("estimated_memory_bytes").get<double>(),
               measured = record.at("peak_memory_bytes").get<double>();
    RecordProperty("estimated_MiB", static_cast<int>(estimated / (1 << 20)));
    RecordProperty("measured_MiB", static_cast<int>(measured / (1 << 20)));
    return estimated / measured;
  }
  std::string scan(const std::string& phantom, const std::string& geometry) {
    const std::string file = folder.write("scan.json", geometry);
    EXPECT_EQ(isocenter({"project", phantom, "-g", file, "-o", folder / "scan.h5", "--factor", "0.02", "--rays", "1",
                         "--photons", "1e5"})
                  .code,
              0);
    return folder / "scan.h5";
  }
  static constexpr double slack = 0.25;
  Folder folder{"iso_estimate"};
};

TEST_F(Estimate, IsWithinAQuarterOfThePeakForFdkOf256Cubed) {
  const std::string file = scan(
      "shepp-logan-3d", R"({"beam": "cone", "angles_deg": {"first": 0, "step": 4, "count": 90}, "elements": [320, 320],
    "pitch_mm": [2, 2], "source_to_axis_mm": 600, "source_to_detector_mm": 1200})");
  EXPECT_NEAR(ratio({"sparse_view_ct/fbp", "--sinogram", file, "--size", "256"}), 1, slack);
  EXPECT_NEAR(ratio({"sparse_view_ct/fbp", "--sinogram", file, "--size", "256", "--use-views", "45"}), 1, slack);
}

TEST_F(Estimate, IsWithinAQuarterOfThePeakForTotalVariationOf512Squared) {
  const std::string file =
      scan("shepp-logan", R"({"beam": "fan", "angles_deg": {"first": 0, "step": 2, "count": 180}, "elements": [720, 1],
    "pitch_mm": [1.2, 1], "source_to_axis_mm": 600, "source_to_detector_mm": 1100})");
  EXPECT_NEAR(ratio({"sparse_view_ct/tv", "--sinogram", file, "--size", "512", "--iterations", "10"}), 1, slack);
  EXPECT_NEAR(ratio({"sparse_view_ct/tv", "--sinogram", file, "--size", "512", "--iterations", "10", "--use-views",
                     "36", "--solver", "admm"}),
              1, slack);
}

}  // namespace
}  // namespace iso::test
