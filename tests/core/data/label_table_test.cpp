#include "iso/data/label_table.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace iso {
namespace {

Volume volume(ScalarType type, const std::vector<double>& values) {
  Volume made;
  made.grid = VoxelGrid::centred({static_cast<std::int64_t>(values.size()), 1, 1}, {1, 1, 1});
  PixelBuffer buffer = PixelBuffer::allocate({made.grid.shape(), type});
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (type == ScalarType::f32) buffer.values<float>()[i] = static_cast<float>(values[i]);
    if (type == ScalarType::i16) buffer.values<std::int16_t>()[i] = static_cast<std::int16_t>(values[i]);
    if (type == ScalarType::u8) buffer.values<std::uint8_t>()[i] = static_cast<std::uint8_t>(values[i]);
  }
  made.pixels = std::move(buffer);
  return made;
}

TEST(LabelTable, MakesLabelsOfWholeNumbersInTheSmallestType) {
  const LabelMap few = to_label_map(volume(ScalarType::f32, {0, 1, 255}));
  EXPECT_EQ(few.labels.spec().type, ScalarType::u8);
  EXPECT_EQ(few.labels.values<std::uint8_t>()[2], 255);
  const LabelMap many = to_label_map(volume(ScalarType::f32, {0, 1, 256}));
  EXPECT_EQ(many.labels.spec().type, ScalarType::u16);
  EXPECT_EQ(many.labels.values<std::uint16_t>()[2], 256);
}

TEST(LabelTable, RefusesWhatIsNoLabelNamingTheValue) {
  for (const double value : {-1.0, 0.5, 65536.0, std::nan("")}) {
    try {
      (void)to_label_map(volume(ScalarType::f32, {0, value}));
      ADD_FAILURE() << value;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::type_mismatch);
      EXPECT_NE(std::string{error.what()}.find("whole numbers"), std::string::npos) << error.what();
    }
  }
}

TEST(LabelTable, GoesToAnImageAndBackWithoutAChange) {
  const LabelMap map = to_label_map(volume(ScalarType::u8, {0, 3, 3, 7}));
  const LabelMap again = to_label_map(to_volume(map));
  EXPECT_EQ(again.labels.data(), map.labels.data()) << "the voxels are shared";
  EXPECT_EQ(again.grid, map.grid);
}

TEST(LabelTable, FindsTheDifferentLabelsAndCountsThem) {
  const auto found = labels_in(volume(ScalarType::i16, {4, 4, 0, 2, 4}).pixels);
  EXPECT_EQ(found, (std::vector<std::uint16_t>{0, 2, 4}));
  EXPECT_EQ(labels_in(volume(ScalarType::i16, {4, -1}).pixels), std::nullopt);
  EXPECT_EQ(labels_in(volume(ScalarType::f32, {0.5}).pixels), std::nullopt);
  EXPECT_EQ(labels_in(volume(ScalarType::i16, {1, 2, 3}).pixels, 2), std::nullopt) << "more than few";
  const auto counts = label_counts(volume(ScalarType::u8, {4, 4, 0, 2, 4}).pixels);
  EXPECT_EQ(counts, (std::map<std::uint16_t, std::int64_t>{{0, 1}, {2, 1}, {4, 3}}));
}

TEST(LabelTable, KeepsColoursInTheMetadata) {
  Metadata meta;
  const LabelColours colours{{1, {230, 25, 75}}, {300, {0, 0, 255}}};
  set_label_colours(meta, colours);
  EXPECT_EQ(label_colours(meta), colours);
  meta["label_colours"] = "1:#zz0000,2:#00ff00,:,x";
  EXPECT_EQ(label_colours(meta), (LabelColours{{2, {0, 255, 0}}})) << "what is no colour is left out";
  set_label_colours(meta, {});
  EXPECT_FALSE(meta.contains("label_colours"));
}

TEST(LabelTable, GivesNeighboursDifferentColours) {
  std::set<LabelColour> different;
  for (std::uint16_t label = 1; label <= 20; ++label) different.insert(usual_label_colour(label));
  EXPECT_EQ(different.size(), 20U);
  EXPECT_EQ(usual_label_colour(1), usual_label_colour(256)) << "they repeat after 255";
}

}  // namespace
}  // namespace iso
