#include "gui/presenters/provenance.h"
#include "support/job_tasks.h"

#include <gtest/gtest.h>

namespace iso::gui {
namespace {

std::string value(const std::vector<ProvenanceSection>& sections, const std::string& section, const std::string& row) {
  for (const auto& one : sections)
    if (one.title == section)
      for (const auto& [name, text] : one.rows)
        if (name == row) return text;
  return "(none)";
}

TEST(Provenance, OfAFileSaysWhereItIsAndWhatTheReaderWasTold) {
  Document document;
  const ItemId id = document.add("scan", freeze(test::sample_volume()), "scan.tif", {{"unattenuated", "47047"}});
  const auto sections = make_provenance(*document.find(id), document);
  EXPECT_EQ(value(sections, "Data", "File"), "scan.tif");
  EXPECT_EQ(value(sections, "Data", "Told the reader: unattenuated"), "47047");
  EXPECT_EQ(sections.size(), 1U);
}

TEST(Provenance, OfAResultNamesItsRunByTheWordsOfTheUser) {
  Document document;
  const ItemId scan = document.add("scan", freeze(test::sample_volume()), "scan.tif");
  job::Record record;
  record.recipe.task = "lab/denoise";
  record.recipe.inputs["volume"] = "workspace:item-" + std::to_string(scan);
  record.recipe.parameters_json = R"({"strength":2.5,"solver":"admm"})";
  record.backend = "cpu";
  record.threads = 2;
  record.output_digests["volume"] = "abc";
  record.warnings = {"noise is noise"};
  const ItemId id = document.add_result("quiet scan", freeze(test::sample_volume()), record);
  const auto sections = make_provenance(*document.find(id), document);
  EXPECT_EQ(value(sections, "Run", "Task"), "lab/denoise");
  EXPECT_EQ(value(sections, "Inputs", "volume"), "scan (scan.tif)");
  EXPECT_EQ(value(sections, "Parameters", "strength"), "2.5");
  EXPECT_EQ(value(sections, "Parameters", "solver"), "admm");
  EXPECT_EQ(value(sections, "Outputs", "volume, SHA-256"), "abc");
  EXPECT_EQ(value(sections, "Warnings", ""), "noise is noise");
  EXPECT_NE(to_text(sections).find("  strength: 2.5\n"), std::string::npos);
  document.remove(scan);
  EXPECT_EQ(value(make_provenance(*document.find(id), document), "Inputs", "volume"),
            "a data set that is not open any more");
}

}  // namespace
}  // namespace iso::gui
