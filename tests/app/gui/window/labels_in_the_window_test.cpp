// Labels are labels: recognised when they are opened, painted on, named and coloured in a table, and saved with all that.

#include "window_fixture.h"

#include "gui/panels/label_table.h"

#include "iso/data/label_table.h"

#include <QAction>
#include <QCheckBox>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QToolButton>
#include <QTreeWidget>

#include <fstream>
#include <numeric>

namespace iso::gui {
namespace {

namespace fs = std::filesystem;

class LabelsInTheWindow : public test::WindowTest {
 protected:
  /// Whole numbers 0, 1 and 2 in slabs along x, as an image of 16 bits.
  static DatasetPtr numbers() {
    Volume data;
    data.grid = VoxelGrid::centred({24, 24, 12}, {1, 1, 2});
    PixelBuffer buffer = PixelBuffer::allocate({data.grid.shape(), ScalarType::i16});
    auto values = buffer.values<std::int16_t>();
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::int16_t>(i % 24 / 8);
    data.pixels = std::move(buffer);
    return freeze(std::move(data));
  }
  const Item& only() { return *document().items()[0]; }
  QTreeWidget& table() { return *window->findChild<QTreeWidget*>(QStringLiteral("labels.tree")); }
  void trigger_data(const char* text) {
    auto* const menu = window->findChild<QMenu*>(QStringLiteral("menu.data"));
    Q_EMIT menu->aboutToShow();
    for (QAction* const action : menu->actions())
      if (action->text() == QString::fromLatin1(text)) return action->trigger();
    ADD_FAILURE() << text;
  }
  std::int64_t voxels(ItemId id, std::uint16_t label) {
    return label_counts(get<LabelMap>(document().find(id)->data).labels)[label];
  }
};

TEST_F(LabelsInTheWindow, ATellingNameAndFewWholeNumbersAreTakenForLabelsAndThatIsSaid) {
  open("patient_seg.nrrd", numbers());
  EXPECT_EQ(to_kind(*only().data), Kind::label_map);
  EXPECT_EQ(only().hints.at("kind"), "label_map") << "a session reads it the same way";
  EXPECT_TRUE(window->told().contains(QStringLiteral("taken for labels"))) << window->told().toStdString();
  auto* const button = window->findChild<QPushButton*>(QStringLiteral("message.button"));
  QTest::mouseClick(button, Qt::LeftButton);
  ASSERT_TRUE(wait_until([&] { return to_kind(*only().data) == Kind::volume; }));
  window->action(QStringLiteral("edit.undo"))->trigger();
  EXPECT_EQ(to_kind(*only().data), Kind::label_map);
}

TEST_F(LabelsInTheWindow, TheSameNumbersWithoutSuchANameStayAnImageUntilTheyAreUsedAsLabels) {
  open("patient.nrrd", numbers());
  ASSERT_EQ(to_kind(*only().data), Kind::volume);
  open("ct.nrrd", test::volume({24, 24, 12}, {1, 1, 2}, [](const Vec3& p) { return 10 * p[0]; }));
  document().select(only().id);
  trigger_data("Use as labels");
  ASSERT_TRUE(wait_until([&] { return to_kind(*only().data) == Kind::label_map; })) << window->told().toStdString();
  EXPECT_EQ(document().look().overlay.item, only().id) << "over the image";
  trigger_data("Use as image");
  ASSERT_TRUE(wait_until([&] { return to_kind(*only().data) == Kind::volume; }));
  EXPECT_EQ(document().look().overlay.item, 0U);
}

TEST_F(LabelsInTheWindow, AnImageThatHoldsNoLabelsSaysSo) {
  open("ball.nrrd", test::volume({8, 8, 8}, {1, 1, 1}, [](const Vec3& p) { return 0.5 + p[0]; }));
  trigger_data("Use as labels");
  EXPECT_TRUE(wait_until([&] { return window->told().contains(QStringLiteral("whole numbers")); }));
  EXPECT_EQ(to_kind(*only().data), Kind::volume);
}

TEST_F(LabelsInTheWindow, PaintingGoesOnWithLabelsThatWereOpened) {
  open("ct.nrrd", test::volume({24, 24, 12}, {1, 1, 2}, [](const Vec3& p) { return 10 * p[0]; }));
  const ItemId labels = open("ct_seg.nrrd", numbers());
  window->action(QStringLiteral("tool.brush"))->trigger();
  desktop->tools().label = 7;
  drag(axial(), Qt::LeftButton, middle(axial()), middle(axial()) + QPoint{20, 10});
  EXPECT_EQ(document().items().size(), 2U) << "no new map is begun";
  EXPECT_GT(voxels(labels, 7), 10);
  EXPECT_GT(voxels(labels, 2), 100) << "and what was there stays";
}

TEST_F(LabelsInTheWindow, TheTableTellsVolumesAndFollowsAStroke) {
  open("ct.nrrd", test::volume({24, 24, 12}, {1, 1, 2}, [](const Vec3& p) { return 10 * p[0]; }));
  const ItemId labels = open("ct_seg.nrrd", numbers());
  ASSERT_TRUE(
      wait_until([&] { return table().topLevelItemCount() == 2 && !table().topLevelItem(0)->text(4).isEmpty(); }));
  EXPECT_EQ(table().topLevelItem(0)->text(4).toStdString(), "4.608") << "8 x 24 x 12 voxels of 2 cubic mm in ml";
  window->action(QStringLiteral("tool.erase"))->trigger();
  drag(axial(), Qt::LeftButton, middle(axial()), middle(axial()) + QPoint{10, 5});
  const double ml = static_cast<double>(voxels(labels, 1)) * 2 / 1000;
  EXPECT_NEAR(table().topLevelItem(0)->text(4).toDouble(), ml, 0.001);
  EXPECT_LT(ml, 4.608);
}

TEST_F(LabelsInTheWindow, NamesColoursEyesAndLocksAreGivenInTheTable) {
  open("ct.nrrd", test::volume({24, 24, 12}, {1, 1, 2}, [](const Vec3& p) { return 10 * p[0]; }));
  const ItemId labels = open("ct_seg.nrrd", numbers());
  ASSERT_TRUE(wait_until([&] { return table().topLevelItemCount() == 2; }));
  table().topLevelItem(0)->setText(3, QStringLiteral("left lung"));
  EXPECT_EQ(document().find(labels)->label_styles.at(1).name, "left lung");
  EXPECT_FALSE(document().find(labels)->saved);
  table().topLevelItem(1)->setCheckState(0, Qt::Unchecked);
  EXPECT_FALSE(document().find(labels)->label_styles.at(2).shown);
  table().topLevelItem(1)->setCheckState(1, Qt::Checked);
  const std::int64_t before = voxels(labels, 2);
  window->action(QStringLiteral("tool.brush"))->trigger();
  desktop->tools().label = 5;
  desktop->tools().brush_radius_mm = 40;
  QTest::mouseClick(&axial(), Qt::LeftButton, {}, middle(axial()));
  EXPECT_EQ(voxels(labels, 2), before) << "a locked label is not painted over";
  EXPECT_GT(voxels(labels, 5), 100);
  QTest::mouseClick(window->findChild<QToolButton*>(QStringLiteral("labels.new")), Qt::LeftButton);
  EXPECT_EQ(desktop->tools().label, 3) << "the next free one";
  keep_picture(QStringLiteral("label-table"));
}

TEST_F(LabelsInTheWindow, AHiddenLabelIsNotDrawn) {
  const ItemId labels = open("alone_seg.nrrd", numbers());
  rest(100);
  const QPoint at = middle(axial());  // label 1
  const QRgb seen = axial().grabFramebuffer().pixel(at * axial().devicePixelRatioF() + QPoint{6, 6});
  LabelStyles styles = document().find(labels)->label_styles;
  styles[1] = {"one", usual_label_colour(1), false, false};
  document().set_label_styles(labels, styles, "Eye");
  rest(50);
  EXPECT_NE(axial().grabFramebuffer().pixel(at * axial().devicePixelRatioF() + QPoint{6, 6}), seen);
}

TEST_F(LabelsInTheWindow, AreSavedAndReadAgainWithNamesAndColours) {
  const ItemId labels = open("ct_seg.nrrd", numbers());
  document().set_label_styles(
      labels, {{1, {"liver", {200, 100, 50}, true, false}}, {2, {"spleen", {10, 20, 230}, true, false}}}, "Names");
  for (const char* const name : {"out.nii.gz", "out.nii", "out.seg.nrrd", "out.h5", "out.dcm"}) {
    window->save_item(labels, folder / name, true);
    ASSERT_TRUE(wait_until([&] { return document().find(labels)->file.filename() == name; }))
        << window->told().toStdString();
    const std::size_t before = document().items().size();
    window->open_file(folder / name);
    ASSERT_TRUE(wait_until([&] { return document().items().size() == before + 1; })) << window->told().toStdString();
    const Item& again = *document().items().back();
    ASSERT_EQ(to_kind(*again.data), Kind::label_map) << name;
    EXPECT_EQ(again.label_styles, document().find(labels)->label_styles) << name;
    EXPECT_EQ(label_counts(get<LabelMap>(again.data).labels),
              label_counts(get<LabelMap>(document().find(labels)->data).labels))
        << name;
  }
}

TEST_F(LabelsInTheWindow, FillObeysOnlyValues) {
  // Low on the left, high on the right.
  open("ct.nrrd", test::volume({24, 24, 12}, {1, 1, 2}, [](const Vec3& p) { return p[0] < 0 ? -500.0 : 100.0; }));
  window->action(QStringLiteral("tool.fill"))->trigger();
  desktop->tools().range = std::pair{0.0, 200.0};
  QTest::mouseClick(&axial(), Qt::LeftButton, {}, middle(axial()) + QPoint{40, 0});
  const ItemId labels = document().look().overlay.item;
  ASSERT_NE(labels, 0U);
  EXPECT_EQ(voxels(labels, 1), 12 * 24) << "the right half of the slice and no more";
  QTest::mouseClick(&axial(), Qt::LeftButton, {}, middle(axial()) - QPoint{40, 0});
  EXPECT_EQ(voxels(labels, 1), 12 * 24) << "outside of the range nothing is filled";
}

TEST_F(LabelsInTheWindow, OnlyValuesTakesItsRangeFromUnderTheFirstClick) {
  open("ct.nrrd", test::volume({24, 24, 12}, {1, 1, 2}, [](const Vec3& p) { return p[0] < 0 ? -500.0 : 100.0; }));
  window->action(QStringLiteral("tool.brush"))->trigger();
  QCheckBox* only_values = nullptr;
  for (auto* const box : window->findChildren<QCheckBox*>())
    if (box->text() == QStringLiteral("Only values")) only_values = box;
  ASSERT_NE(only_values, nullptr);
  only_values->click();
  EXPECT_TRUE(desktop->tools().range_from_click);
  desktop->tools().brush_radius_mm = 50;
  QTest::mouseClick(&axial(), Qt::LeftButton, {}, middle(axial()) + QPoint{40, 0});
  ASSERT_TRUE(desktop->tools().range.has_value());
  EXPECT_TRUE(desktop->tools().range->first < 100 && desktop->tools().range->second > 100);
  EXPECT_GT(desktop->tools().range->first, -500);
  EXPECT_EQ(voxels(document().look().overlay.item, 1), 12 * 24) << "all of the high half of the slice";
}

TEST_F(LabelsInTheWindow, AreChangedAsAWholeFromTheTableInOneStepEach) {
  open("ct.nrrd", test::volume({24, 24, 12}, {1, 1, 2}, [](const Vec3& p) { return 10 * p[0]; }));
  const ItemId labels = open("ct_seg.nrrd", numbers());
  desktop->tools().label = 1;
  auto* const menu = window->findChild<QMenu*>(QStringLiteral("menu.labels"));
  const auto press = [&](const char* text) {
    for (QAction* const action : menu->actions())
      if (action->text() == QString::fromUtf8(text)) return action->trigger();
    ADD_FAILURE() << text;
  };
  const auto changes = [&](std::int64_t before) { return wait_until([&] { return voxels(labels, 1) != before; }); };
  const std::int64_t whole = voxels(labels, 1);
  window->action(QStringLiteral("tool.erase"))->trigger();
  desktop->tools().sphere = true;
  desktop->tools().brush_radius_mm = 2.1;
  QTest::mouseClick(&axial(), Qt::LeftButton, {}, middle(axial()));  // a hole in the middle of label 1
  const std::int64_t holed = voxels(labels, 1);
  ASSERT_LT(holed, whole);
  press("Fill holes");
  ASSERT_TRUE(changes(holed)) << window->told().toStdString();
  EXPECT_EQ(voxels(labels, 1), whole);
  window->action(QStringLiteral("edit.undo"))->trigger();
  EXPECT_EQ(voxels(labels, 1), holed);
  desktop->tools().range = std::pair{-1000.0, 1000.0};
  press("Label all values in the range");
  ASSERT_TRUE(changes(holed)) << window->told().toStdString();
  EXPECT_EQ(voxels(labels, 0), 0);
  EXPECT_EQ(voxels(labels, 2), whole) << "other labels are left alone";
  LabelStyles styles = document().find(labels)->label_styles;
  styles[1].locked = true;
  document().set_label_styles(labels, styles, "Lock");
  press("Keep the largest island");
  EXPECT_TRUE(window->told().contains(QStringLiteral("locked"))) << window->told().toStdString();
}

TEST_F(LabelsInTheWindow, AreCopiedToTheNextSliceAndTheCrosshairGoesAlong) {
  open("ct.nrrd", test::volume({24, 24, 12}, {1, 1, 2}, [](const Vec3& p) { return 10 * p[0]; }));
  window->action(QStringLiteral("tool.brush"))->trigger();
  QTest::mouseClick(&axial(), Qt::LeftButton, {}, middle(axial()));
  const ItemId labels = document().look().overlay.item;
  const std::int64_t one = voxels(labels, 1), slice = axial().presenter().slice();
  auto* const menu = window->findChild<QMenu*>(QStringLiteral("menu.labels"));
  for (QAction* const action : menu->actions())
    if (action->text() == QStringLiteral("Copy to the next slice")) action->trigger();
  ASSERT_TRUE(wait_until([&] { return voxels(labels, 1) == 2 * one; })) << window->told().toStdString();
  EXPECT_EQ(axial().presenter().slice(), slice + 1);
}

TEST_F(LabelsInTheWindow, TheirStatisticsAreWrittenAsATable) {
  open("ct.nrrd", test::volume({24, 24, 12}, {1, 1, 2}, [](const Vec3&) { return 40.0; }));
  open("ct_seg.nrrd", numbers());
  auto* const table = window->findChild<LabelTable*>();
  ASSERT_NE(table, nullptr);
  table->write_statistics(folder / "labels.csv");
  ASSERT_TRUE(wait_until([&] { return fs::exists(folder / "labels.csv"); })) << window->told().toStdString();
  std::ifstream in{folder / "labels.csv", std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  EXPECT_NE(text.find("mean HU"), std::string::npos) << text;
  EXPECT_NE(text.find(",2304,4.608,"), std::string::npos) << "voxels and ml: " << text;
}

TEST_F(LabelsInTheWindow, TheValuesThatWouldBePaintedAreSeenBefore) {
  open("ct.nrrd", test::volume({24, 24, 12}, {1, 1, 2}, [](const Vec3& p) { return p[0] < 0 ? 0.0 : 100.0; }));
  window->action(QStringLiteral("tool.brush"))->trigger();
  rest(50);
  const auto seen = [&](int off) {
    rest(50);
    const QImage image = axial().grabFramebuffer();
    return image.pixelColor(image.width() / 2 + off, image.height() / 2 + 25);
  };
  const QColor left = seen(-30), right = seen(30);
  desktop->tools().range = std::pair{50.0, 200.0};
  Q_EMIT desktop->tools().changed();
  EXPECT_EQ(seen(-30), left);
  EXPECT_NE(seen(30), right);
  desktop->tools().range_shown = false;
  Q_EMIT desktop->tools().changed();
  EXPECT_EQ(seen(30), right);
}

/// Kept beside the build for tests/differential/label_round_trip.py.
TEST_F(LabelsInTheWindow, PaintedLabelsAreKeptInFourFormatsForOtherPrograms) {
  open("ct.nrrd", test::volume({24, 20, 12}, {1, 1.5, 2}, [](const Vec3& p) { return 10 * p[0]; }));
  window->action(QStringLiteral("tool.brush"))->trigger();
  desktop->tools().sphere = true;
  desktop->tools().brush_radius_mm = 4;
  drag(axial(), Qt::LeftButton, middle(axial()) - QPoint{40, 20}, middle(axial()) + QPoint{10, 0});
  desktop->tools().label = 3;
  drag(axial(), Qt::LeftButton, middle(axial()) + QPoint{30, 20}, middle(axial()) + QPoint{50, 60});
  const ItemId labels = document().look().overlay.item;
  document().set_label_styles(
      labels, {{1, {"liver", {200, 100, 50}, true, false}}, {3, {"left kidney", {10, 20, 230}, true, false}}}, "Names");
  const fs::path place = fs::path{ISO_BINARY_DIR} / "labels";
  fs::remove_all(place);
  fs::create_directories(place);
  for (const char* const name : {"painted.nii.gz", "painted.seg.nrrd", "painted.dcm", "painted.h5"}) {
    window->save_item(labels, place / name, true);
    ASSERT_TRUE(wait_until([&] { return document().find(labels)->file.filename() == name; }))
        << window->told().toStdString();
    EXPECT_EQ(label_counts(get<LabelMap>(io::read(place / name)).labels),
              label_counts(get<LabelMap>(document().find(labels)->data).labels))
        << name;
  }
}

TEST_F(LabelsInTheWindow, PaintRaisesItsPanel) {
  open("ball.nrrd", test::ball(24));
  raise("dock.history");
  window->action(QStringLiteral("tool.brush"))->trigger();
  auto* const display = window->findChild<QDockWidget*>(QStringLiteral("dock.display"));
  EXPECT_TRUE(wait_until([&] { return !display->visibleRegion().isEmpty(); }));
}

}  // namespace
}  // namespace iso::gui
