#include "gui/presenters/table_sheet.h"

#include "iso/base/error.h"
#include "iso/data/case_names.h"

#include <gtest/gtest.h>

#include <cmath>

namespace iso::gui {
namespace {

Table sample() {
  Table table;
  table.columns = {"radius", "label"};
  table.values = {{0.5, 1}, {NAN, 0}, {0.25, 1}, {0.5, 0}};
  table.texts = {{"case", {"b", "d", "a", "c"}}};
  return table;
}

using Rows = std::vector<std::size_t>;

TEST(TableSheet, HasTextsBeforeNumbers) {
  const TableSheet sheet{freeze(sample())};
  EXPECT_EQ(sheet.rows(), 4U);
  ASSERT_EQ(sheet.columns(), 3U);
  EXPECT_EQ(sheet.heading(0), "case");
  EXPECT_EQ(sheet.cell(2, 0), "a");
  EXPECT_EQ(sheet.cell(2, 1), "0.25");
  EXPECT_EQ(sheet.cell(0, 2), "1");
  EXPECT_EQ(sheet.case_name(3), "c");
}

TEST(TableSheet, IsOrderedByAnyColumnWithWhatIsNoNumberAtTheEnd) {
  const TableSheet sheet{freeze(sample())};
  EXPECT_EQ(sheet.order(0, false), (Rows{2, 0, 3, 1}));
  EXPECT_EQ(sheet.order(1, false), (Rows{2, 0, 3, 1}));
  EXPECT_EQ(sheet.order(1, true), (Rows{0, 3, 2, 1}));
  EXPECT_EQ(sheet.order(9, false), (Rows{0, 1, 2, 3}));
}

TEST(TableSheet, IsEmptyWithoutATableAndRefusesOtherKinds) {
  EXPECT_EQ(TableSheet{}.rows(), 0U);
  EXPECT_EQ(TableSheet{}.case_name(0), "");
  EXPECT_THROW(TableSheet{freeze(Volume{})}, Error);
}

TEST(Case, IsFoundInTheVolumeThatHasASliceOfThatNameAndShown) {
  Document document;
  const auto add = [&document](const char* name, const std::vector<std::string>& cases) {
    Volume volume;
    volume.grid = VoxelGrid::centred({4, 4, 3}, {1, 1, 2});
    volume.pixels = PixelBuffer::allocate({volume.grid.shape(), ScalarType::f32});
    if (!cases.empty()) set_case_names(volume, cases);
    return document.add(name, freeze(std::move(volume)), {});
  };
  const ItemId plain = add("plain", {}), first = add("first", {"a", "b", "c"}), second = add("second", {"c", "b", "d"});
  document.show(plain);
  EXPECT_FALSE(find_case(document, "e"));
  EXPECT_FALSE(find_case(document, ""));
  EXPECT_EQ(find_case(document, "c")->item, second) << "the newest";
  document.show(first);
  EXPECT_EQ(find_case(document, "c")->item, first) << "the one that is shown";
  const auto place = find_case(document, "d");
  ASSERT_TRUE(place);
  show_case(document, *place);
  EXPECT_EQ(document.look().layout.base, second);
  EXPECT_DOUBLE_EQ(document.look().crosshair.position_mm[2], 2) << "the third of three slices of 2 mm";
}

}  // namespace
}  // namespace iso::gui
