#include "gui/presenters/file_reading.h"
#include "gui/presenters/label_layers.h"
#include "gui/presenters/words_of_window.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <fstream>

namespace iso::gui {
namespace {

namespace fs = std::filesystem;

class FileReading : public ::testing::Test {
 protected:
  FileReading() { fs::create_directories(folder); }
  ~FileReading() override { fs::remove_all(folder); }
  void put(const char* name, const std::string& text) { std::ofstream{folder / name} << text; }
  fs::path folder = fs::path{::testing::TempDir()} / ("iso_file_reading" + std::to_string(::getpid()));
};

constexpr const char* geometry =
    R"({"beam": "parallel", "angles_deg": {"first": 0, "step": 1, "count": 180}, "elements": [64, 1], "pitch_mm": [1, 1]})";

TEST_F(FileReading, TakesAGeometryOfTheSameNameAndNoOther) {
  put("scan.npy", "");
  EXPECT_TRUE(geometry_beside(folder / "scan.npy").empty());
  put("scan.json", R"({"RepetitionTime": 2, "Manufacturer": "of an MR scanner"})");
  EXPECT_TRUE(geometry_beside(folder / "scan.npy").empty()) << "a note of another kind";
  put("scan.json", geometry);
  put("other.json", geometry);
  EXPECT_EQ(geometry_beside(folder / "scan.npy"), folder / "scan.json");
  put("scan.nii.gz", "");
  EXPECT_EQ(geometry_beside(folder / "scan.nii.gz"), folder / "scan.json");
}

TEST_F(FileReading, KnowsAGeometryWithoutReadings) {
  put("scan.json", geometry);
  EXPECT_TRUE(find_geometry_use(folder / "scan.json").is_geometry);
  EXPECT_TRUE(find_geometry_use(folder / "scan.json").readings.empty());
  put("note.json", "{}");
  EXPECT_FALSE(find_geometry_use(folder / "note.json").is_geometry);
  EXPECT_FALSE(find_geometry_use(folder / "missing.json").is_geometry);
}

TEST_F(FileReading, OpensEveryLayerOfSegmentsThatOverlap) {
  put("organs.seg.nrrd",
      "NRRD0004\ntype: unsigned char\ndimension: 4\nspace: left-posterior-superior\nsizes: 2 2 1 1\n"
      "space directions: none (1,0,0) (0,1,0) (0,0,1)\nkinds: list domain domain domain\nendian: little\n"
      "encoding: raw\nspace origin: (0,0,0)\nSegment0_ID:=A\nSegment0_Name:=liver\nSegment0_Layer:=0\n"
      "Segment1_ID:=B\nSegment1_Name:=tumour\nSegment1_Layer:=1\nSegment1_LabelValue:=1\n\n\1\1\1\1");
  EXPECT_EQ(read_file(folder / "organs.seg.nrrd", {}).missing, "layer");
  const std::vector<Item> layers = read_label_layers(folder / "organs.seg.nrrd", {});
  ASSERT_EQ(layers.size(), 2U);
  EXPECT_EQ(layers[0].name, "organs.seg.nrrd, layer 1 of 2: liver");
  EXPECT_EQ(layers[1].name, "organs.seg.nrrd, layer 2 of 2: tumour");
  EXPECT_EQ(layers[1].hints.at("layer"), "2") << "a session and a replay tell it again";
  EXPECT_EQ(to_kind(*layers[1].data), Kind::label_map);
}

TEST(NamesOfLabels, AreTold) {
  for (const char* const name : {"example_ct_3mm_seg.nii.gz", "brain1_label.nrrd", "0006_mask.png", "liver-labels.mha",
                                 "ROI.nii", "a.seg.nrrd", "segmentation.nii.gz"})
    EXPECT_TRUE(names_labels(name)) << name;
  for (const char* const name : {"segment.nii", "labelled.nii", "masked_ct.nii.gz", "brain.nrrd"})
    EXPECT_FALSE(names_labels(name)) << name;
}

TEST(WordsOfTheWindow, HoldNoWordsOfACommandLine) {
  EXPECT_EQ(words_of_window("axes are u,v (else pass --axes) as said"), "axes are u,v as said");
  EXPECT_EQ(words_of_window("an image (of 3 axes) is wide"), "an image (of 3 axes) is wide");
  EXPECT_EQ(hint_of_window("pass --geometry FILE, RTK XML or geometry JSON"), "");
  EXPECT_EQ(hint_of_window("pass the hint dataset=NAME with one of a"), "");
  EXPECT_EQ(hint_of_window("check that the file is complete"), "check that the file is complete");
}

}  // namespace
}  // namespace iso::gui
