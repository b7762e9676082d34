#include "iso/job/record.h"

#include "iso/base/error.h"

#include <gtest/gtest.h>

#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <optional>

namespace iso::job {
namespace {

Record sample() {
  Record record;
  record.recipe.task = "a/b";
  record.program_version = "0.1.0";
  record.backend = "cpu";
  record.cpu_level = "x86-64-v3";
  record.threads = 2;
  record.libraries = {{"ITK", "5.2.1"}};
  record.input_digests = {{"sinogram", "aa"}};
  record.output_digests = {{"volume", "bb"}};
  record.geometry["sinogram"] = {Finding::gap, 0.5, "mm", "a slice is missing"};
  record.started_utc = "2026-01-02T03:04:05Z";
  record.seconds = 1.25;
  record.timings = {{"run", 1.0}};
  record.figures = {{"residual", {0.125, "1"}}};
  record.peak_memory_bytes = 12345678901;
  record.state = State::failed;
  record.error = Errc::geometry_refused;
  record.error_message = "no";
  record.error_hint = "yes";
  record.warnings = {"careful"};
  return record;
}

TEST(Record, SurvivesItsJsonForm) {
  const std::string text = to_json(sample());
  EXPECT_EQ(to_json(record_from_json(text)), text);
  EXPECT_EQ(record_from_json(text).error, Errc::geometry_refused);
  EXPECT_EQ(record_from_json(text).geometry.at("sinogram").sentence, "a slice is missing");
}

TEST(Record, KeepsFiguresCurvesAttachmentsAndThePluginsDigest) {
  Record record = sample();
  record.plugin_sha256 = std::string(64, 'a');
  record.curves["objective"] = {{1, 2, 3}, {9, 4, 1}};
  record.attachments["tiles.csv"] = {"out.mha.tiles.csv", std::string(64, 'b'), 12};
  const Record other = record_from_json(to_json(record));
  EXPECT_EQ(other.figures, record.figures);
  EXPECT_EQ(other.curves, record.curves);
  EXPECT_EQ(other.attachments, record.attachments);
  EXPECT_EQ(other.plugin_sha256, record.plugin_sha256);
  Record rebuilt = record;
  rebuilt.plugin_sha256 = std::string(64, 'c');
  const Comparison comparison = compare(record, rebuilt);
  ASSERT_EQ(comparison.differences.size(), 1U);
  EXPECT_TRUE(comparison.differences.front().starts_with("plugin library: was aaaa"));
}

TEST(Record, OfAnOlderProgramGivesItsQualityAsFigures) {
  const Record record =
      record_from_json(R"({"recipe": {"task": "a/b"}, "quality": {"views_used": 60, "residual": null}})");
  EXPECT_EQ(record.figures.at("views_used"), (Figure{60, ""}));
  EXPECT_FALSE(record.figures.contains("residual"));
  EXPECT_TRUE(compare(record, record).differences.empty());
}

TEST(Record, StandsBesideItsOutput) { EXPECT_EQ(record_path("a/rec.mha"), "a/rec.mha.record.json"); }

TEST(Record, WithoutARecipeIsRefused) { EXPECT_THROW((void)record_from_json("{}"), Error); }

TEST(Record, WithAFindingThatIsNoneIsRefusedAsInput) {
  std::string text = to_json(sample());
  text.replace(text.find("\"gap\""), 5, "\"gasp\"");
  try {
    (void)record_from_json(text);
    FAIL() << "it was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::invalid_input);
    EXPECT_NE(std::string{error.what()}.find("'geometry.sinogram.finding'"), std::string::npos) << error.what();
  }
}

TEST(Record, OfADeviceWithoutEndIsRefused) {
  try {
    (void)read_record("/dev/zero");
    ADD_FAILURE() << "nothing was refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::cannot_read) << error.what();
  }
}

TEST(Record, IsWrittenWholeOrNotAtAll) {
  const std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) / "iso_record_test";
  std::filesystem::create_directories(folder);
  write_record(folder / "r.json", sample());
  EXPECT_EQ(to_json(read_record(folder / "r.json")), to_json(sample()));
  try {
    write_record(folder / "missing" / "r.json", sample());
    FAIL();
  } catch (const Error& problem) {
    EXPECT_EQ(problem.code(), Errc::output_directory);
  }
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++files;
  EXPECT_EQ(files, 1U);
  std::filesystem::remove_all(folder);
}

TEST(Record, LeavesNothingOnAFullDisk) {
  const std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) / "iso_record_full";
  std::filesystem::create_directories(folder);
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{100, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  std::optional<Errc> code;
  try {
    write_record(folder / "r.json", sample());
  } catch (const Error& problem) {
    code = problem.code();
  }
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(code, Errc::cannot_write);
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  std::filesystem::remove_all(folder);
}

TEST(Record, OfTheSameRunComparesEqual) {
  const Comparison comparison = compare(sample(), sample());
  EXPECT_TRUE(comparison.same_bits);
  EXPECT_TRUE(comparison.differences.empty());
}

TEST(Record, SaysWhatDiffers) {
  Record other = sample();
  other.output_digests["volume"] = "cc";
  other.threads = 1;
  other.libraries["ITK"] = "5.3";
  const Comparison comparison = compare(sample(), other);
  EXPECT_FALSE(comparison.same_bits);
  ASSERT_EQ(comparison.differences.size(), 3U);
  EXPECT_EQ(comparison.differences[0], "output volume: was bb, is cc");
}

}  // namespace
}  // namespace iso::job
