// Rows of a table, and the images that they are about.

#include "window_fixture.h"

#include "gui/panels/job_panel.h"
#include "gui/panels/method_panel.h"
#include "gui/panels/table_panel.h"

#include "iso/base/random.h"
#include "iso/data/case_names.h"

#include <QCheckBox>
#include <QHeaderView>
#include <QPushButton>
#include <QTableView>

#include <cmath>
#include <tuple>

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
  auto* const dock = window->findChild<QDockWidget*>(QStringLiteral("dock.table"));
  EXPECT_FALSE(dock->isVisible());
  const ItemId table = add("certificates", std::move(certificates));
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

/// 28 x 28 pixels with a disc or a bar, as the phantoms of resources/models/training.
Volume shape(bool disc, double size) {
  Volume out;
  out.grid = VoxelGrid::centred({28, 28, 1}, {1, 1, 1});
  PixelBuffer pixels = PixelBuffer::allocate({out.grid.shape(), ScalarType::f32});
  const Philox grain{disc ? 1U : 2U, 5};
  for (std::size_t i = 0; i < 28 * 28; ++i) {
    const double x = static_cast<double>(i % 28) - 13.5, y = static_cast<double>(i / 28) - 13.5;
    const bool inside = disc ? std::hypot(x, y) < size : std::abs(x) < 1.15 * size && std::abs(y) < 0.32 * size;
    pixels.values<float>()[i] = static_cast<float>(54 + (inside ? 110 : 0) + 12 * grain.uniform(i));
  }
  out.pixels = std::move(pixels);
  out.meta["window"] = "255,127.5";
  return out;
}

TEST_F(Tables, ShowTheCertificatesOfAFolderOfImagesWithTheSmallestChange) {
  const std::filesystem::path images = folder / "images";
  std::filesystem::create_directories(images);
  for (const auto& [name, disc, size] : std::vector<std::tuple<const char*, bool, double>>{
           {"disc_large.png", true, 7}, {"disc_small.png", true, 5}, {"bar.png", false, 6}})
    io::write(images / name, Dataset{shape(disc, size)}, {});
  window->open_file(images);
  ASSERT_TRUE(wait_until([&] { return document().items().size() == 1; })) << window->told().toStdString();
  window->methods().open_task("certification/drs");
  TaskForm& form = *window->methods().form();
  form.set("network", "shapes_drs_018");
  form.set("n", "1000");
  window->methods().findChild<QCheckBox*>(QStringLiteral("output.pictures"))->click();
  window->methods().findChild<QPushButton*>(QStringLiteral("run"))->click();
  const std::uint64_t job = window->job_panel().shown();
  ASSERT_TRUE(wait_until([&] { return job::ended(desktop->jobs().find(job)->state); }));
  const JobState& state = *desktop->jobs().find(job);
  if (state.message.find("need OpenVINO") != std::string::npos) GTEST_SKIP() << state.message;
  ASSERT_EQ(state.results.size(), 2U) << state.message;
  keep_picture(QStringLiteral("certificates-curve"));
  const bool first = std::holds_alternative<Table>(*document().find(state.results[0])->data);
  const ItemId certificates = state.results[first ? 0 : 1], shown = state.results[first ? 1 : 0];
  document().select(certificates);
  QTableView& rows = window->findChild<TablePanel*>()->rows();
  ASSERT_TRUE(wait_until([&] { return rows.model()->rowCount() == 3; }));
  int radius = 0;
  for (int column = 0; column < rows.model()->columnCount(); ++column)
    if (rows.model()->headerData(column, Qt::Horizontal) == QStringLiteral("radius")) radius = column;
  rows.sortByColumn(radius, Qt::AscendingOrder);
  rows.setCurrentIndex(rows.model()->index(0, 0));
  EXPECT_EQ(document().look().layout.base, shown) << "pictures and table name the same cases";
  const Volume& pictures = get<Volume>(*document().find(shown)->data);
  EXPECT_EQ(std::lround(pictures.grid.to_index(document().look().crosshair.position_mm)[2]), 0)
      << "slices go from the smallest radius to the largest";
  window->action(QStringLiteral("view.one"))->trigger();
  keep_picture(QStringLiteral("certificates"));
  keep_for_manual(QStringLiteral("certificates"));
}

}  // namespace
}  // namespace iso::gui
