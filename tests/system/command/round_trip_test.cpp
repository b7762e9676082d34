#include "support/phantom_scan.h"

#include "iso/io/registry.h"

#include <nlohmann/json.hpp>

#include <complex>

namespace iso::test {
namespace {

using Json = nlohmann::json;

class RoundTrip : public PhantomScan {
 protected:
  RoundTrip() : PhantomScan{"iso_round_trip"} {}
};

TEST_F(RoundTrip, WritesARecordThatReplaysFromAnyFolderItIsMovedTo) {
  good({"example/smoothing", "-i", folder / "truth.mha", "-o", folder / "smooth.mha", "--sigma-mm", "0.7", "--progress",
        "none"});
  const Json record = Json::parse(to_text(folder / "smooth.mha.record.json"));
  EXPECT_EQ(record.at("recipe").at("inputs").at("volume"), "truth.mha");
  EXPECT_EQ(record.at("recipe").at("parameters").at("edge"), 0) << "defaults are spelled out";
  EXPECT_GT(record.at("estimated_memory_bytes").get<std::size_t>(), 0U);
  const Folder moved("iso_round_trip_moved");
  for (const char* const name : {"truth.mha", "smooth.mha.record.json"}) fs::copy_file(folder / name, moved / name);
  good({"replay", moved / "smooth.mha.record.json", "--progress", "none"});
}

TEST_F(RoundTrip, TellsAnotherInputFromTheSameOne) {
  good({"run", "example/smoothing", "-i", folder / "truth.mha", "-o", folder / "smooth.mha", "--progress", "none"});
  good({"phantom", "discs", "-o", folder / "truth.mha", "--size", "48,48,1", "--overwrite"});
  const Answer answer = isocenter({"replay", folder / "smooth.mha.record.json", "--progress", "none"});
  EXPECT_EQ(answer.code, 22) << answer.err;
  EXPECT_NE(answer.out.find("input volume"), std::string::npos) << answer.out;
}

TEST_F(RoundTrip, ComparesAndWritesTheDifference) {
  good({"run", "example/smoothing", "-i", folder / "truth.mha", "-o", folder / "smooth.mha", "--progress", "none"});
  const Json metrics = Json::parse(good({"compare", folder / "smooth.mha", folder / "truth.mha", "--json",
                                         "--difference", folder / "difference.mha"})
                                       .out);
  for (const char* const name : {"psnr_db", "ssim", "nrmse", "hfen", "max_absolute"})
    EXPECT_TRUE(metrics.at(name).is_number()) << name;
  EXPECT_GT(metrics.at("psnr_db").get<double>(), 10);
  EXPECT_TRUE(fs::exists(folder / "difference.mha"));
  const Json same = Json::parse(
      good({"compare", folder / "truth.mha", folder / "truth.mha", "--json", "--at-least", "psnr=100"}).out);
  EXPECT_TRUE(same.at("psnr_db").is_null()) << "infinite";
  EXPECT_EQ(same.at("max_absolute"), 0);
}

TEST_F(RoundTrip, OfAProjectionAgreesWithItsPhantom) {
  good({"project", folder / "truth.mha", "-g", folder / "scan.json", "-o", folder / "of_volume.h5"});
  good({"project", "shepp-logan", "-g", folder / "scan.json", "-o", folder / "of_phantom.h5", "--radius", "21.6",
        "--factor", "0.02"});
  const Json metrics = Json::parse(good({"compare", folder / "of_volume.h5", folder / "of_phantom.h5", "--json"}).out);
  EXPECT_LT(metrics.at("nrmse").get<double>(), 0.1) << "the voxels' projection is near the exact one";
}

TEST_F(RoundTrip, ThroughAFileFormatKeepsEveryValue) {
  good({"convert", folder / "truth.mha", folder / "truth.nrrd"});
  good({"convert", folder / "truth.nrrd", folder / "again.mha"});
  EXPECT_EQ(Json::parse(good({"compare", folder / "again.mha", folder / "truth.mha", "--json"}).out).at("max_absolute"),
            0);
}

TEST_F(RoundTrip, OneFrameKeepsItsMaskAndOneComponentItsPrecision) {
  Volume series;
  series.grid.size = {2, 1, 1};
  PixelBuffer values = PixelBuffer::allocate({Shape{2, 1, 1, 3}, ScalarType::c128}),
              mask = PixelBuffer::allocate({Shape{2, 1, 1, 3}, ScalarType::u8});
  for (std::size_t i = 0; i < 6; ++i) {
    values.values<std::complex<double>>()[i] = {static_cast<double>(i) + 1e-12, 1e200};
    mask.values<std::uint8_t>()[i] = i == 3 ? 0 : 1;
  }
  series.pixels = std::move(values);
  series.mask = std::move(mask);
  series.frames = Axis{"time", "s", {}, 10, 0.5};
  io::write(folder / "series.h5", Dataset{series});
  good({"convert", folder / "series.h5", folder / "frame.h5", "--frame", "1", "--component", "real"});
  const auto read = io::read(folder / "frame.h5");
  const auto& frame = std::get<Volume>(*read);
  ASSERT_EQ(frame.pixels.spec(), (ArraySpec{Shape{2, 1, 1}, ScalarType::f64}));
  EXPECT_EQ(frame.pixels.values<double>()[0], 2 + 1e-12);
  ASSERT_EQ(frame.mask.spec().shape, (Shape{2, 1, 1}));
  EXPECT_EQ(frame.mask.values<std::uint8_t>()[1], 0);
  EXPECT_EQ(frame.meta.at("frame"), "1 of 3");
  EXPECT_EQ(frame.meta.at("frame_at"), "10.5 s");
}

TEST_F(RoundTrip, ChecksAScanAndPrintsItAsJson) {
  const Json json = Json::parse(good({"check", folder / "scan.h5", "--json"}).out);
  EXPECT_EQ(json.at("kind"), "sinogram");
  EXPECT_EQ(json.at("shape"), "64 x 1 x 30");
  EXPECT_EQ(json.at("geometry").at("finding"), "uniform");
}

TEST_F(RoundTrip, RunsTheRecipeThatADryRunPrints) {
  const Answer dry = good({"run", "example/smoothing", "-i", folder / "truth.mha", "-o", folder / "a.mha", "--sigma-mm",
                           "0.7", "--dry-run"});
  EXPECT_FALSE(fs::exists(folder / "a.mha"));
  const auto run_it = [&](std::vector<std::string> arguments) {
    return isocenter(std::move(arguments), {.in = dry.out, .largest_file = 0, .meanwhile = {}, .environment = {}});
  };
  const Answer refused = run_it({"run", "-", "--progress", "none"});
  EXPECT_EQ(refused.code, 40) << "a recipe writes beside itself only: " << refused.err;
  const Answer ran = run_it({"run", "-", "--progress", "none", "--outputs-anywhere"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  good({"run", "example/smoothing", "-i", folder / "truth.mha", "-o", folder / "b.mha", "-D", "sigma_mm=0.7",
        "--save-recipe", folder / "b.json"});
  EXPECT_EQ(Json::parse(to_text(folder / "b.json")).at("parameters").at("sigma_mm"), 0.7);
  EXPECT_EQ(Json::parse(good({"compare", folder / "a.mha", folder / "b.mha", "--json"}).out).at("max_absolute"), 0);
}

TEST_F(RoundTrip, ReportsProgressInEveryStyle) {
  const std::vector<std::string> words{"run", "example/smoothing", "-i", folder / "truth.mha", "--sigma-mm",
                                       "0.7", "--overwrite",       "-o", folder / "p.mha",     "--progress"};
  const auto with = [&](const std::string& style) {
    std::vector<std::string> all = words;
    all.push_back(style);
    return good(all);
  };
  EXPECT_TRUE(with("none").out.empty());
  const std::string xml = with("xml").out;
  EXPECT_TRUE(xml.starts_with("<filter-start><filter-name>example/smoothing</filter-name>")) << xml;
  EXPECT_NE(xml.find("<filter-progress>"), std::string::npos);
  EXPECT_NE(xml.find("</filter-time></filter-end>"), std::string::npos);
  std::istringstream lines(with("jsonl").out);
  double done = 0;
  Json last;
  for (std::string line; std::getline(lines, line);) {
    last = Json::parse(line);
    if (last.at("type") != "progress") continue;
    EXPECT_GE(last.at("done").get<double>(), done);
    done = last.at("done");
  }
  EXPECT_EQ(last.at("type"), "result");
  EXPECT_EQ(last.at("exit_code"), 0);
  const Answer text = with("text");
  EXPECT_NE(text.err.find(" % diffusion"), std::string::npos) << text.err;
  EXPECT_NE(text.out.find("wrote "), std::string::npos);
}

TEST_F(RoundTrip, WritesPreviewsBesideTheOutput) {
  good({"run", "example/smoothing", "-i", folder / "truth.mha", "-o", folder / "p.mha", "--sigma-mm", "2",
        "--preview-every", "2", "--progress", "none"});
  EXPECT_TRUE(fs::exists(folder / "p.preview_00000.mha"));
  EXPECT_TRUE(fs::exists(folder / "p.preview_00002.mha"));
  EXPECT_FALSE(fs::exists(folder / "p.preview_00001.mha"));
}

TEST_F(RoundTrip, ReportsAFailureToo) {
  EXPECT_EQ(isocenter({"run", "example/smoothing", "-i", folder / "missing.mha", "-o", folder / "p.mha", "--report",
                       folder / "r.json"})
                .code,
            20);
  EXPECT_EQ(Json::parse(to_text(folder / "r.json")).at("error").at("code"), "cannot_read");
}

TEST_F(RoundTrip, EstimatesWithoutWriting) {
  const Answer text = good({"estimate", "example/smoothing", "-i", folder / "truth.mha"});
  EXPECT_NE(text.out.find("of memory"), std::string::npos);
  const Json json =
      Json::parse(good({"run", "example/smoothing", "-i", folder / "truth.mha", "--estimate", "--json"}).out);
  EXPECT_GT(json.at("memory_bytes").get<std::size_t>(), json.at("work_bytes").get<std::size_t>());
}

}  // namespace
}  // namespace iso::test
