#include "support/command.h"

#include <nlohmann/json.hpp>

// Networks by the command: listed, checked, shown, run in a worker that may read little, and refused in one sentence.
namespace iso::test {
namespace {

const std::string networks{ISO_SOURCE_DIR "/tests/data/networks"};

class Models : public ::testing::Test {
 protected:
  Models() : folder{"models"} {
    folder.write("scan.json",
                 R"({"beam": "fan", "detector": "flat", "elements": [63, 1], "pitch_mm": [2, 1], "angles_deg":
      {"first": 0, "step": 15, "count": 24}, "source_to_axis_mm": 100, "source_to_detector_mm": 150})");
    how.environment = {{"ISOCENTER_MODEL_PATH", networks}, {"XDG_CACHE_HOME", folder / "cache"}};
  }
  void project() {
    const Answer made = isocenter({"project", "shepp-logan", "-g", folder / "scan.json", "-o", folder / "scan.h5",
                                   "--radius", "28", "--factor", "0.02", "--photons", "1e5", "--seed", "3"});
    ASSERT_EQ(made.code, 0) << made.err;
  }
  static bool runtime_is_built() {
    return fs::exists(ISO_BINARY_DIR "/lib/isocenter/modules/libisocenter-openvino.so");
  }
  [[nodiscard]] Answer reconstruct(std::vector<std::string> more) {
    std::vector<std::string> words{"run",        "sinogram_upsampling/unet", "-i",        folder / "scan.h5",
                                   "-o",         folder / "rec.mha",         "--network", "tiny_unet",
                                   "--overwrite"};
    words.insert(words.end(), more.begin(), more.end());
    return isocenter(words, how);
  }
  Folder folder;
  How how;
};

TEST_F(Models, AreListedAndShown) {
  const Answer listed = isocenter({"models", "--json"}, how);
  ASSERT_EQ(listed.code, 0) << listed.err;
  const auto json = nlohmann::json::parse(listed.out);
  ASSERT_GE(json.at("networks").size(), 3U);
  EXPECT_EQ(json.at("networks")[2].at("name"), "tiny_unet");
  EXPECT_EQ(json.at("networks")[2].at("problem"), "");
  const Answer shown = isocenter({"models", "show", "tiny_unet"}, how);
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_NE(shown.out.find("24 fan views"), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find("Its weights are random"), std::string::npos) << shown.out;
  const Answer denoiser = isocenter({"models", "show", "tiny_denoiser"}, how);
  EXPECT_NE(denoiser.out.find("scan         any; images of"), std::string::npos) << denoiser.out;
  EXPECT_EQ(denoiser.out.find("views over"), std::string::npos) << "its prior is tied to no scan: " << denoiser.out;
  EXPECT_EQ(isocenter({"models", "delete"}, how).code, 1);
  const Answer absent = isocenter({"models", "show", "nothing"}, how);
  EXPECT_EQ(absent.code, 21);
  EXPECT_EQ(absent.complaints().size(), 2U) << "a sentence and a hint: " << absent.err;
}

TEST_F(Models, ThatAreDamagedFailTheCheck) {
  if (!runtime_is_built()) GTEST_SKIP() << "OpenVINO is not there";
  EXPECT_EQ(isocenter({"models", "check"}, how).code, 0);
  fs::copy(networks, folder / "damaged");
  std::ofstream(folder / "damaged/tiny_unet.onnx", std::ios::app) << "x";
  how.environment["ISOCENTER_MODEL_PATH"] = folder / "damaged";
  const Answer checked = isocenter({"models", "check"}, how);
  EXPECT_EQ(checked.code, 22);
  EXPECT_NE(checked.out.find("SHA-256"), std::string::npos) << checked.out;
}

TEST_F(Models, WithoutACardAreToldWhatTheyLackAsClassifiers) {
  if (!runtime_is_built()) GTEST_SKIP() << "OpenVINO is not there";
  const std::string shipped{ISO_SOURCE_DIR "/resources/models/"};
  const Answer good = isocenter({"models", "check", shipped + "drs_018.left.onnx", "--as", "classifier"}, how);
  EXPECT_EQ(good.code, 0) << good.err;
  EXPECT_NE(good.out.find("images of 28 x 28 with 1 channel, 2 classes"), std::string::npos) << good.out;
  EXPECT_NE(good.out.find("smoothing.sigma"), std::string::npos) << good.out;
  const Answer other = isocenter({"models", "check", shipped + "unet.onnx", "--as", "classifier"}, how);
  EXPECT_EQ(other.code, 22);
  EXPECT_NE(other.out.find("expected classes x batch"), std::string::npos) << other.out;
  EXPECT_EQ(isocenter({"models", "check", shipped + "unet.onnx", "--as", "poem"}, how).code, 1);
  EXPECT_EQ(isocenter({"models", "show", "--as", "classifier"}, how).code, 1);
  EXPECT_EQ(isocenter({"models", "check", folder / "scan.json", "--as", "classifier"}, how).code, 22);
}

TEST_F(Models, RunInAWorkerAndAreSeenInTheEstimate) {
  if (!runtime_is_built()) GTEST_SKIP() << "OpenVINO is not there";
  project();
  const Answer needed = reconstruct({"--estimate"});
  EXPECT_EQ(needed.code, 0) << needed.err;
  EXPECT_NE(needed.out.find("network tiny_unet: "), std::string::npos) << needed.out;
  const Answer here = reconstruct({});
  ASSERT_EQ(here.code, 0) << here.err;
  const std::string first = to_text(folder / "rec.mha");
  const Answer isolated = reconstruct({"--isolate"});
  ASSERT_EQ(isolated.code, 0) << isolated.err;
  EXPECT_EQ(to_text(folder / "rec.mha"), first) << "the same bits in a worker";
  EXPECT_TRUE(fs::exists(folder / "cache/isocenter/networks/sinogram_upsampling"));
  const auto record = nlohmann::json::parse(to_text(folder / "rec.mha.record.json"));
  EXPECT_TRUE(record.at("models").contains("tiny_unet"));
  EXPECT_TRUE(record.at("figures").contains("out_of_domain_score"));
  EXPECT_EQ(isocenter({"replay", folder / "rec.mha.record.json"}, how).code, 0);
}

TEST_F(Models, AreTakenFromACardThatIsNamed) {
  if (!runtime_is_built()) GTEST_SKIP() << "OpenVINO is not there";
  project();
  how.environment.erase("ISOCENTER_MODEL_PATH");
  const Answer absent = reconstruct({});
  EXPECT_EQ(absent.code, 21) << absent.err;
  EXPECT_EQ(absent.complaints().size(), 2U) << "a sentence and a hint: " << absent.err;
  EXPECT_NE(absent.err.find("'tiny_unet' is not installed"), std::string::npos) << absent.err;
  EXPECT_NE(absent.err.find("--model"), std::string::npos) << absent.err;
  const Answer named = reconstruct({"--isolate", "--model", networks + "/tiny_unet.card.json"});
  EXPECT_EQ(named.code, 0) << named.err;
}

TEST_F(Models, AreRefusedForAnotherScanAndWithoutTheirLibrary) {
  project();
  const Answer fewer = reconstruct({"--use-views", "12"});
  EXPECT_EQ(fewer.code, 89) << fewer.err;
  EXPECT_EQ(fewer.complaints().size(), 1U) << fewer.err;
  const fs::path copy = folder / "program/bin";  // a program without modules beside it
  fs::create_directories(copy);
  fs::copy_file(ISO_BINARY_DIR "/bin/isocenter", copy / "isocenter");
  const Answer without = start({(copy / "isocenter").string(), "models", "check"}, how);
  EXPECT_EQ(without.code, 80) << without.err;
  EXPECT_NE(without.err.find("get_openvino"), std::string::npos) << without.err;
  const Answer run =
      start({(copy / "isocenter").string(), "run", "sinogram_upsampling/unet", "-i", folder / "scan.h5", "-o",
             folder / "rec.mha", "--network", "tiny_unet", "--plugins-path", ISO_BINARY_DIR "/lib/isocenter/plugins"},
            how);
  EXPECT_EQ(run.code, 80) << run.err;
  EXPECT_NE(run.err.find("get_openvino"), std::string::npos) << run.err;
  EXPECT_EQ(run.err.find("reading inputs"), std::string::npos) << "it is said before the scan is read: " << run.err;
}

}  // namespace
}  // namespace iso::test
