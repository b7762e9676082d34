#include "gui/model/document.h"
#include "gui/model/labels.h"
#include "gui/model/session.h"

#include <gtest/gtest.h>

namespace iso::gui {
namespace {

DatasetPtr labels(std::vector<std::string> names = {}) {
  LabelMap map;
  map.grid = VoxelGrid::centred({4, 4, 4}, {1, 1, 1});
  PixelBuffer buffer = PixelBuffer::allocate({map.grid.shape(), ScalarType::u8});
  for (std::size_t i = 0; i < 64; ++i) buffer.values<std::uint8_t>()[i] = static_cast<std::uint8_t>(i % 3);
  map.labels = std::move(buffer);
  map.names = std::move(names);
  return freeze(std::move(map));
}

TEST(LabelStyles, ComeWithTheDataAndGoBackIntoThem) {
  Document document;
  const ItemId id = document.add("a", labels({"", "liver"}), "a.nii");
  EXPECT_EQ(document.find(id)->label_styles.at(1).name, "liver");
  LabelStyles styles = document.find(id)->label_styles;
  styles[2] = {"spleen", {1, 2, 3}, true, false};
  document.set_label_styles(id, styles, "Name");
  EXPECT_FALSE(document.find(id)->saved) << "the file does not have the name";
  const DatasetPtr styled = with_styles(document.find(id)->data, styles);
  const auto& written = get<LabelMap>(styled);
  EXPECT_EQ(written.names.at(2), "spleen");
  EXPECT_EQ(label_colours(written.meta).at(2), (LabelColour{1, 2, 3}));
  EXPECT_EQ(make_label_styles(written), styles);
  document.undo_stack().undo();
  EXPECT_FALSE(document.find(id)->label_styles.contains(2));
}

TEST(LabelStyles, MakeAPaletteOnlyWhereSomethingIsUnusual) {
  EXPECT_EQ(make_label_palette({}), nullptr);
  EXPECT_EQ(make_label_palette({{1, {"liver", usual_label_colour(1), true, true}}}), nullptr);
  const auto palette = make_label_palette({{2, {"", {9, 8, 7}, false, false}}, {300, {"", {1, 1, 1}, true, false}}});
  ASSERT_NE(palette, nullptr);
  ASSERT_GT(palette->size(), 300U);
  EXPECT_EQ((*palette)[2], (std::array<std::uint8_t, 4>{9, 8, 7, 0})) << "not seen";
  EXPECT_EQ((*palette)[300][3], 255);
  const LabelColour usual = usual_label_colour(5);
  EXPECT_EQ((*palette)[5], (std::array<std::uint8_t, 4>{usual[0], usual[1], usual[2], 255}));
}

TEST(LabelStyles, AreKeptByASession) {
  Document document;
  const ItemId id = document.add("a", labels(), "a.nii");
  const LabelStyles styles{{1, {"liver", {200, 0, 0}, false, true}}};
  document.set_label_styles(id, styles, "Name");
  const StoredSession stored = session_from_json(to_json(document, [](const Item&) { return std::string{"data.h5"}; }));
  ASSERT_EQ(stored.items.size(), 1U);
  EXPECT_EQ(stored.items[0].item.label_styles, styles);
}

TEST(LabelLocks, KeepALabelFromBrushAndFill) {
  const DatasetPtr data = labels();
  const auto& map = get<LabelMap>(data);
  LabelStroke stroke{map, nullptr};
  stroke.protect({2});
  stroke.dab({0, 0, 0}, {0, 0, 1}, 10, true, LabelStroke::Effect::paint, 9);
  const LabelMap after = applied(map, *stroke.delta(), true);
  const auto before = map.labels.values<std::uint8_t>(), now = after.labels.values<std::uint8_t>();
  for (std::size_t i = 0; i < 64; ++i) EXPECT_EQ(now[i], before[i] == 2 ? 2 : 9) << i;
}

TEST(Reread, ReplacesTheDataAsOneStepAndKeepsTheName) {
  Document document;
  const ItemId id = document.add("scan", labels(), "a.nii");
  document.rename(id, "patient");
  Item read;
  read.data = freeze(to_volume(get<LabelMap>(document.find(id)->data)));
  read.file = "a.nii";
  read.hints = {{"kind", "volume"}};
  document.reread(id, std::move(read), "Use as image");
  EXPECT_EQ(to_kind(*document.find(id)->data), Kind::volume);
  EXPECT_EQ(document.find(id)->name, "patient");
  EXPECT_EQ(document.look().layout.base, id) << "it is shown";
  document.undo_stack().undo();
  EXPECT_EQ(to_kind(*document.find(id)->data), Kind::label_map);
  EXPECT_EQ(document.find(id)->name, "patient");
  document.undo_stack().redo();
  EXPECT_EQ(to_kind(*document.find(id)->data), Kind::volume);
}

}  // namespace
}  // namespace iso::gui
