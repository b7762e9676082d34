#include "gui/presenters/series_list.h"

#include <gtest/gtest.h>

namespace iso::gui {
namespace {

io::DicomSeries series(const std::string& uid, std::int64_t number, GeometryVerdict verdict = {},
                       std::string refusal = {}) {
  io::DicomSeries made;
  made.uid = uid;
  made.modality = "CT";
  made.patient = "DOE, JANE";
  made.patient_id = "7";
  made.study_date = "2024-05-01";
  made.description = "Chest";
  made.number = number;
  made.files = made.slices = 12;
  made.size = {512, 256};
  made.spacing_mm = {0.5, 0.5, 2.5};
  made.verdict = std::move(verdict);
  made.refusal = std::move(refusal);
  return made;
}

SeriesList sample() {
  io::DicomFolder folder;
  folder.files = 40;
  folder.damaged = {{"bad.dcm", "the file is empty"}};
  folder.series = {series("1.2", 1), series("1.3", 2, {Finding::gap, 5, "mm", "slices are missing"}),
                   series("1.4", 3, {}, "DICOM segmentations are not supported")};
  return {"study", std::move(folder)};
}

using Chosen = std::vector<std::size_t>;

TEST(SeriesList, SaysOfEverySeriesWhatItIsAndWhetherItIsAGrid) {
  const SeriesList list = sample();
  ASSERT_EQ(list.rows().size(), 3U);
  EXPECT_EQ(list.rows()[0].study, "DOE, JANE (7), 2024-05-01");
  EXPECT_EQ(list.rows()[0].description, "1 Chest");
  EXPECT_EQ(list.rows()[0].size, "512 x 256 x 12");
  EXPECT_EQ(list.rows()[0].spacing, "0.5 x 0.5 x 2.5 mm");
  EXPECT_TRUE(list.rows()[0].sound);
  EXPECT_EQ(list.rows()[1].geometry, "gap");
  EXPECT_EQ(list.rows()[1].remark, "slices are missing");
  EXPECT_FALSE(list.rows()[2].possible);
  EXPECT_EQ(list.summary(), "3 series in 40 files; 1 damaged file was left out");
  EXPECT_FALSE(list.one_sound());
}

TEST(SeriesList, IsFilteredByWordsInAnyOrder) {
  const SeriesList list = sample();
  EXPECT_TRUE(list.matches(0, ""));
  EXPECT_TRUE(list.matches(0, "chest doe")) << "patient and description, small letters";
  EXPECT_TRUE(list.matches(1, "2024-05 GAP"));
  EXPECT_FALSE(list.matches(0, "gap"));
  EXPECT_FALSE(list.matches(0, "chest mr"));
  EXPECT_EQ(list.rows()[0].images, "12");
}

TEST(SeriesList, ARefusedSeriesOpensOnlyWhenItsGeometryIsAcceptedByName) {
  const SeriesList list = sample();
  const auto refused = list.advice(Chosen{0, 1}, false);
  EXPECT_FALSE(refused.can_open);
  EXPECT_TRUE(refused.asks_to_accept);
  EXPECT_NE(refused.sentence.find("slices are missing"), std::string::npos) << refused.sentence;
  EXPECT_EQ(list.openings(Chosen{0, 1}, false).size(), 1U);
  EXPECT_TRUE(list.advice(Chosen{0, 1}, true).can_open);
  const auto both = list.openings(Chosen{0, 1}, true);
  ASSERT_EQ(both.size(), 2U);
  EXPECT_EQ(both[0].hints, (std::map<std::string, std::string>{{"series", "1.2"}}));
  EXPECT_EQ(both[1].hints, (std::map<std::string, std::string>{{"series", "1.3"}, {"accept_geometry", "gap"}}));
  EXPECT_EQ(both[1].name, "CT 2 Chest");
}

TEST(SeriesList, WhatCannotBeReadSaysWhyAndIsNotOpened) {
  const SeriesList list = sample();
  const auto advice = list.advice(Chosen{2}, true);
  EXPECT_FALSE(advice.can_open);
  EXPECT_FALSE(advice.asks_to_accept);
  EXPECT_NE(advice.sentence.find("segmentations"), std::string::npos) << advice.sentence;
  EXPECT_TRUE(list.openings(Chosen{2}, true).empty());
  EXPECT_FALSE(list.advice(Chosen{}, true).can_open);
}

TEST(SeriesList, ASegmentationIsSaidToOpenAsLabels) {
  io::DicomFolder folder;
  folder.series = {series("1.2", 1), series("1.5", 4)};
  folder.series[1].modality = "SEG";
  const SeriesList list{"study", std::move(folder)};
  EXPECT_NE(list.advice(Chosen{1}, false).sentence.find("opens as labels"), std::string::npos);
  EXPECT_TRUE(list.advice(Chosen{1}, false).can_open);
  EXPECT_EQ(list.advice(Chosen{0}, false).sentence, "Its slices make a regular grid.");
}

}  // namespace
}  // namespace iso::gui
