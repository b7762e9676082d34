// Rows of a table, and the images that they are about.

#include "window_fixture.h"

#include "gui/panels/table_panel.h"

#include "iso/data/case_names.h"

#include <QHeaderView>
#include <QTableView>

namespace iso::gui {
namespace {

class Tables : public test::WindowTest {
 protected:
  ItemId add(const char* name, Dataset data) { return document().add(name, freeze(std::move(data)), {}); }
  QString cell(QTableView& rows, int row, int column) { return rows.model()->index(row, column).data().toString(); }
};

TEST_F(Tables, ShowTheirRowsByAnyColumnAndTheSliceOfTheCase) {
  Volume pictures;
  pictures.grid = VoxelGrid::centred({48, 32, 3}, {1, 1, 1});
  PixelBuffer pixels = PixelBuffer::allocate({pictures.grid.shape(), ScalarType::f32});
  for (std::size_t i = 0; i < pixels.values<float>().size(); ++i)
    pixels.values<float>()[i] = static_cast<float>(i % 48);
  pictures.pixels = std::move(pixels);
  set_case_names(pictures, {"a", "b", "c"});
  const ItemId shown = add("pictures", std::move(pictures));
  Table certificates;
  certificates.columns = {"radius"};
  certificates.values = {{0.5}, {0.25}, {0.75}};
  certificates.texts = {{"case", {"b", "c", "a"}}, {"outcome", {"normal", "ABSTAIN", "normal"}}};
  const ItemId table = add("certificates", std::move(certificates));
  auto* const dock = window->findChild<QDockWidget*>(QStringLiteral("dock.table"));
  EXPECT_FALSE(dock->isVisible());
  document().select(table);
  ASSERT_TRUE(wait_until([&] { return dock->isVisible(); }));
  QTableView& rows = window->findChild<TablePanel*>()->rows();
  ASSERT_EQ(rows.model()->rowCount(), 3);
  EXPECT_EQ(cell(rows, 0, 0), QStringLiteral("b"));
  rows.sortByColumn(2, Qt::AscendingOrder);
  EXPECT_EQ(cell(rows, 0, 0), QStringLiteral("c"));
  EXPECT_EQ(cell(rows, 0, 2), QStringLiteral("0.25"));
  document().show(shown);
  rows.setCurrentIndex(rows.model()->index(0, 0));
  const auto& volume = get<Volume>(*document().find(shown)->data);
  EXPECT_DOUBLE_EQ(volume.grid.to_index(document().look().crosshair.position_mm)[2], 2);
  keep_picture(QStringLiteral("table"));
  document().remove(table);
  ASSERT_TRUE(wait_until([&] { return rows.model()->rowCount() == 0; }));
}

}  // namespace
}  // namespace iso::gui
