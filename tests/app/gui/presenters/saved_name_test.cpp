#include "gui/presenters/saved_name.h"

#include <gtest/gtest.h>

namespace iso::gui {
namespace {

const std::vector<std::string> endings{".gz", ".nii.gz", ".nii", ".nrrd", ".dcm", ".h5"};

TEST(SavedNames, AreOfferedWithoutEndingsAndSigns) {
  EXPECT_EQ(offered_name("ct_lung.nii.gz labels", endings), "ct_lung_labels");
  EXPECT_EQ(offered_name("TV, 20 views", endings), "TV_20_views");
  EXPECT_EQ(offered_name("organs.seg.nrrd, layer 2 of 2: tumour", endings), "organs.seg_layer_2_of_2_tumour");
  EXPECT_EQ(offered_name("a/b\\c:d", endings), "a_b_c_d");
  EXPECT_EQ(offered_name("Schädel.NII", endings), "Schädel");
  EXPECT_EQ(offered_name("../..", endings), "data");
  EXPECT_EQ(offered_name("v1.nii.gzip", endings), "v1.nii.gzip") << "no ending";
}

TEST(SavedNames, TakeTheEndingOfTheFormatThatWasChosen) {
  const auto named = [](const char* typed, const char* chosen) {
    return to_saved_name(typed, chosen, ".nii.gz", endings);
  };
  EXPECT_EQ(named("a.nii.gz", ".nii.gz").file, "a.nii.gz");
  EXPECT_TRUE(named("a.nii.gz", ".nii.gz").as_typed) << "the dialog has asked before replacing";
  EXPECT_EQ(named("a.nii.gz", ".dcm").file, "a.dcm") << "the ending was only offered";
  EXPECT_FALSE(named("a.nii.gz", ".dcm").as_typed);
  EXPECT_EQ(named("a", ".dcm").file, "a.dcm");
  EXPECT_EQ(named("a.h5", ".dcm").file, "a.h5") << "who types an ending means it";
  EXPECT_EQ(named("a.txt", "").file, "a.txt");
}

}  // namespace
}  // namespace iso::gui
