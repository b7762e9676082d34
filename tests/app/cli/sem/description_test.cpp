#include "cli/sem/description.h"

#include "host/plugins/catalogue.h"
#include "iso/params/field.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace iso::cli {
namespace {

namespace fs = std::filesystem;

enum class Mode : std::uint8_t { fast, exact };
constexpr auto choice_names(Mode) { return std::array<std::string_view, 2>{"fast", "exact"}; }

struct Everything {
  bool off = false, on = true;
  int count = 3;
  double weight = 0.5;
  Mode mode = Mode::exact;
  std::string note;
  fs::path mask;
  std::vector<double> angles{1, -2.5};
  friend bool operator==(const Everything&, const Everything&) = default;
  static constexpr auto fields() {
    using params::field;
    return std::tuple{field("off", &Everything::off),
                      field("on", &Everything::on).with_label("Positive values"),
                      field("count", &Everything::count).in_range(1, 9),
                      field("weight", &Everything::weight).at_least(0).with_unit("mm"),
                      field("mode", &Everything::mode),
                      field("note", &Everything::note).with_help("a < b & \"c\""),
                      field("mask", &Everything::mask).as_advanced(),
                      field("angles", &Everything::angles)};
  }
};

plugin::TaskManifest task_of_everything() {
  plugin::TaskManifest task;
  task.id = "test/everything";
  task.about = {"Every kind", "One of each <kind>.", "", "Filtering", {"A. Author"}};
  task.inputs = {{"volume", Kind::volume, false, "An image.", ""},
                 {"marks", Kind::label_map, true, "", ""},
                 {"scan", Kind::sinogram, false, "Projections.", ""},
                 {"samples", Kind::k_space, false, "", ""},
                 {"cube", Kind::spectral_cube, false, "", ""}};
  task.outputs = {{"curve", Kind::table, false, "A curve.", ""}};
  task.parameters = params::make_schema<Everything>();
  return task;
}

plugin::Manifest plugin_of_everything() {
  plugin::Manifest manifest;
  manifest.title = "Test";
  manifest.version = "1.0.0";
  manifest.licence = "Apache-2.0";
  return manifest;
}

/// What xmllint says against the schema; empty if it says nothing.
std::string complaints_about(const std::string& xml) {
  const fs::path base = fs::path(::testing::TempDir()) / ("iso_sem_" + std::to_string(::getpid()));
  const fs::path file = base.string() + ".xml", said = base.string() + ".txt";
  std::ofstream(file) << xml;
  const std::string command = std::string(ISO_XMLLINT) +
                              " --noout --schema '" ISO_SOURCE_DIR "/tests/data/sem/executable.xsd' '" + file.string() +
                              "' >'" + said.string() + "' 2>&1";
  const int code = std::system(command.c_str());  // NOLINT(concurrency-mt-unsafe): one thread
  std::ifstream stream{said};
  const std::string text{std::istreambuf_iterator<char>{stream}, {}};
  fs::remove(file);
  fs::remove(said);
  return code == 0 ? std::string{} : text;
}

class SlicerDescription : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::string_view{ISO_XMLLINT}.ends_with("NOTFOUND")) GTEST_SKIP() << "xmllint (libxml2-utils) is not installed";
  }
};

TEST_F(SlicerDescription, OfEveryKindFitsTheSchema) {
  EXPECT_EQ(complaints_about(slicer_description(task_of_everything(), plugin_of_everything())), "");
}

TEST_F(SlicerDescription, OfEveryBuiltTaskFitsTheSchema) {
  const host::PluginCatalogue catalogue{std::array{fs::path{ISO_BUILT_PLUGINS}}};
  int tasks = 0;
  for (const host::PluginEntry& entry : catalogue.plugins())
    for (const plugin::TaskManifest& task : entry.manifest.tasks) {
      EXPECT_EQ(complaints_about(slicer_description(task, entry.manifest)), "") << task.id;
      ++tasks;
    }
  EXPECT_GT(tasks, 0);
}

TEST_F(SlicerDescription, IsRefusedByTheSchemaWhereItIsWrong) {
  std::string xml = slicer_description(task_of_everything(), plugin_of_everything());
  xml.replace(xml.find("<channel>input"), 14, "<channel>inside");
  EXPECT_NE(complaints_about(xml), "");
}

TEST(SlicerElements, AreThoseOfTheKind) {
  const std::string xml = slicer_description(task_of_everything(), plugin_of_everything());
  const auto holds = [&](std::string_view part) { return xml.find(part) != std::string::npos; };
  EXPECT_TRUE(holds("<image type=\"scalar\">"));
  EXPECT_TRUE(holds("<image type=\"label\">"));
  EXPECT_TRUE(holds("<label>marks (optional)</label>"));
  EXPECT_TRUE(holds("<name>no_on</name>"));  // a switch that is on can only be turned off by a flag of its own
  EXPECT_TRUE(holds("<longflag>--no-on</longflag>"));
  EXPECT_TRUE(holds("<default>1,-2.5</default>"));
  EXPECT_TRUE(holds("<element>fast</element>"));
  EXPECT_TRUE(holds("a &lt; b &amp; &quot;c&quot;"));
  EXPECT_TRUE(holds("<label>weight [mm]</label>"));
  EXPECT_TRUE(holds("<channel>output</channel>"));
  EXPECT_TRUE(holds("<longflag>--threads</longflag>"));
}

}  // namespace
}  // namespace iso::cli
