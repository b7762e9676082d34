// What is opened is shown, in the order in which it was given, and several files make sensible layers.

#include "window_fixture.h"

#include "iso/data/label_table.h"

#include <QAction>
#include <QLineEdit>
#include <QTreeWidget>

namespace iso::gui {
namespace {

namespace fs = std::filesystem;

class OpenedIsShown : public test::WindowTest {
 protected:
  /// Fields and short cuts ask which window has the keyboard; no window manager gives it here.
  void SetUp() override {
    window->activateWindow();
    ASSERT_TRUE(QTest::qWaitForWindowActive(window.get(), test::patience_ms));
  }
  fs::path write(const std::string& name, const DatasetPtr& data) {
    io::write(folder / name, *data, {.overwrite = true});
    return folder / name;
  }
  DatasetPtr ball_labels() {
    const auto ball = test::ball(24, 8);
    const auto& volume = get<Volume>(ball);
    PixelBuffer labels = PixelBuffer::allocate({volume.pixels.spec().shape, ScalarType::u8});
    const Pixels values = volume.pixels.converted(ScalarType::f32);
    for (std::size_t i = 0; i < labels.values<std::uint8_t>().size(); ++i)
      labels.values<std::uint8_t>()[i] = values.values<float>()[i] > 0 ? 3 : 0;
    LabelMap map;
    map.labels = std::move(labels);
    map.grid = volume.grid;
    return freeze(std::move(map));
  }
  QTreeWidget& tree() { return *window->findChild<QTreeWidget*>(QStringLiteral("data.tree")); }
  QPoint row(int at) { return tree().visualItemRect(tree().topLevelItem(at)).center() - QPoint{40, 0}; }
  std::string shown() {
    const Item* const item = document().find(document().look().layout.base);
    return item == nullptr ? "" : item->name;
  }
};

TEST_F(OpenedIsShown, TheSecondFileIsSeenAtOnce) {
  open("first.nrrd", test::ball(16));
  open("second.nrrd", test::ball(20));
  EXPECT_EQ(shown(), "second.nrrd");
  window->action(QStringLiteral("edit.undo"))->trigger();
  EXPECT_EQ(shown(), "first.nrrd");
  window->action(QStringLiteral("edit.redo"))->trigger();
  EXPECT_EQ(shown(), "second.nrrd");
}

TEST_F(OpenedIsShown, FilesComeInTheOrderInWhichTheyWereGiven) {
  // The first takes much longer to read than the others.
  const fs::path large = write("large.nii.gz", test::ball(160));
  const fs::path small = write("small.nrrd", test::ball(8)), last = write("last.nrrd", test::ball(9));
  for (int turn = 0; turn < 3; ++turn) {
    const std::size_t before = document().items().size();
    window->open_files({QString::fromStdString(large.string()), QString::fromStdString(small.string()),
                        QString::fromStdString(last.string())});
    ASSERT_TRUE(wait_until([&] { return document().items().size() == before + 3; }));
    EXPECT_EQ(document().items()[before]->name, "large.nii.gz");
    EXPECT_EQ(document().items()[before + 1]->name, "small.nrrd");
    EXPECT_EQ(shown(), "last.nrrd");
  }
}

TEST_F(OpenedIsShown, LabelsLieOnTheirImageWhicheverCameFirst) {
  const QString image = QString::fromStdString(write("image.nrrd", test::ball(24, 8)).string());
  const QString labels = QString::fromStdString(write("labels.nii.gz", ball_labels()).string());
  for (const QStringList& files : {QStringList{image, labels}, QStringList{labels, image}}) {
    while (!document().items().empty()) document().remove(document().items()[0]->id);
    window->open_files(files);
    ASSERT_TRUE(wait_until([&] { return document().items().size() == 2; })) << window->told().toStdString();
    EXPECT_EQ(shown(), "image.nrrd");
    const Item* const over = document().find(document().look().overlay.item);
    ASSERT_NE(over, nullptr);
    EXPECT_EQ(over->name, "labels.nii.gz");
    EXPECT_TRUE(over->raster->labels) << "their file says so";
  }
}

TEST_F(OpenedIsShown, ADoubleClickShowsAndF2Renames) {
  open("first.nrrd", test::ball(16));
  open("second.nrrd", test::ball(16));
  QTest::mouseClick(tree().viewport(), Qt::LeftButton, {}, row(0));
  QTest::mouseDClick(tree().viewport(), Qt::LeftButton, {}, row(0));
  EXPECT_EQ(shown(), "first.nrrd");
  EXPECT_EQ(tree().findChild<QLineEdit*>(), nullptr) << "nothing is renamed by it";
  QTest::keyClick(&tree(), Qt::Key_F2);
  auto* const editor = tree().viewport()->findChild<QLineEdit*>();
  ASSERT_NE(editor, nullptr);
  editor->selectAll();
  QTest::keyClicks(editor, QStringLiteral("patient"));
  QTest::keyClick(editor, Qt::Key_Return);
  // The editor hands its text over when the event loop runs again.
  EXPECT_TRUE(wait_until([&] { return document().items()[0]->name == "patient"; })) << document().items()[0]->name;
}

TEST_F(OpenedIsShown, TheListTellsKindSizeAndPlaceAndTheTipTheWholeName) {
  open("a_rather_long_name_of_a_measured_scan_459x503_second.nrrd", test::ball(16));
  const QTreeWidgetItem& entry = *tree().topLevelItem(0);
  const QString detail = entry.data(0, Qt::UserRole + 1).toString();
  EXPECT_TRUE(detail.contains(QStringLiteral("volume")) && detail.contains(QStringLiteral("16 x 16 x 16")) &&
              detail.contains(QString::fromStdString(folder.filename().string())))
      << detail.toStdString();
  EXPECT_TRUE(entry.toolTip(0).startsWith(QStringLiteral("a_rather_long_name_of_a_measured_scan_459x503_second.nrrd")));
}

TEST_F(OpenedIsShown, DeleteTakesTheSelectedItemAway) {
  open("first.nrrd", test::ball(16));
  open("second.nrrd", test::ball(16));
  QTest::mouseClick(tree().viewport(), Qt::LeftButton, {}, row(0));
  tree().setFocus();
  QTest::keyClick(&tree(), Qt::Key_Delete);
  ASSERT_EQ(document().items().size(), 1U);
  EXPECT_EQ(document().items()[0]->name, "second.nrrd");
}

TEST_F(OpenedIsShown, AnOldMessageGoesWithTheNextFile) {
  window->open_file(folder / "missing.nrrd");
  ASSERT_TRUE(wait_until([&] { return window->told().contains(QStringLiteral("missing.nrrd")); }));
  open("ball.nrrd", test::ball(16));
  EXPECT_TRUE(window->told().isEmpty()) << window->told().toStdString();
}

}  // namespace
}  // namespace iso::gui
