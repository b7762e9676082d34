// "How is this to be read?", by hand: what a file leaves unsaid is asked for in one panel, with a view of what comes of it.

#include "window_fixture.h"

#include "gui/panels/reading_dialog.h"

#include "iso/evaluation/phantoms.h"
#include "iso/io/geometry_file.h"

#include <QAction>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QGroupBox>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QTreeWidget>

#include <cmath>
#include <fstream>
#include <numbers>

namespace iso::gui {
namespace {

namespace fs = std::filesystem;

class Reading : public test::WindowTest {
 protected:
  Reading() { window->setProperty("testing", false); }  // questions are asked

  ReadingDialog* dialog() {
    EXPECT_TRUE(wait_until([&] { return window->findChild<ReadingDialog*>() != nullptr; }))
        << window->told().toStdString();
    return window->findChild<ReadingDialog*>();
  }
  static QPushButton* open_button(QDialog& dialog) {
    return dialog.findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Open);
  }
  static QString words(QDialog& dialog, const char* name) {
    return dialog.findChild<QLabel*>(QString::fromLatin1(name))->text();
  }
  /// Chooses an entry of a box as a hand does: the signal of a choice, not of a changed index.
  static void choose(QDialog& dialog, const char* name, const QString& data) {
    auto* const box = dialog.findChild<QComboBox*>(QString::fromLatin1(name));
    ASSERT_NE(box, nullptr) << name;
    const int index = box->findData(data);
    ASSERT_GE(index, 0) << data.toStdString();
    box->setCurrentIndex(index);
    Q_EMIT box->activated(index);
  }
  static void type(QDialog& dialog, const char* name, const QString& text) {
    auto* const line = dialog.findChild<QLineEdit*>(QString::fromLatin1(name));
    ASSERT_NE(line, nullptr) << name;
    line->setFocus();
    line->selectAll();
    QTest::keyClicks(line, text);
  }
  bool settled(ReadingDialog& dialog) {
    return wait_until([&] { return dialog.ready() && open_button(dialog)->isEnabled(); });
  }
  fs::path write_bare(const std::string& name, const Shape& shape, ScalarType type = ScalarType::f32) {
    Volume data;
    data.grid = VoxelGrid::centred({shape[0], shape[1], shape[2]}, {1, 1, 1});
    data.pixels = PixelBuffer::allocate({shape, type});
    io::write(folder / name, Dataset{std::move(data)}, {.overwrite = true});
    return folder / name;
  }
  /// Counts of a detector: 60 views of 64 elements in a bare array, 20000 without object.
  fs::path write_counts(bool with_geometry) {
    const auto geometry = ProjectionGeometry::parallel(equal_angles(60, std::numbers::pi), {64, 1}, {1, 1});
    Volume data;
    data.grid = VoxelGrid::centred({64, 60, 1}, {1, 1, 1});
    PixelBuffer buffer = PixelBuffer::allocate({data.grid.shape(), ScalarType::u16});
    auto values = buffer.values<std::uint16_t>();
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = static_cast<std::uint16_t>(20000 * std::exp(-0.02 * static_cast<double>(i % 64)));
    data.pixels = std::move(buffer);
    io::write(folder / "counts.npy", Dataset{std::move(data)}, {.overwrite = true});
    if (with_geometry) io::write_geometry(folder / "counts.json", geometry, true);
    return folder / "counts.npy";
  }
};

TEST_F(Reading, AnAnswerThatWasGivenBeforeIsShownFromMemory) {
  window->ask_how_to_read(write_bare("bare.npy", {8, 6, 4}), {}, {});
  ReadingDialog* const asked = dialog();
  ASSERT_NE(asked, nullptr);
  ASSERT_TRUE(settled(*asked));
  type(*asked, "spacing_mm", QStringLiteral("0.5,0.5,2"));
  ASSERT_TRUE(settled(*asked));
  type(*asked, "spacing_mm", QStringLiteral("1,1,3"));
  ASSERT_TRUE(settled(*asked));
  const int readings = asked->readings();
  type(*asked, "spacing_mm", QStringLiteral("0.5,0.5,2"));
  ASSERT_TRUE(settled(*asked));
  EXPECT_TRUE(wait_until([&] { return words(*asked, "reading.words").contains(QStringLiteral("0.5 x 0.5 x 2 mm")); }));
  EXPECT_EQ(asked->readings(), readings) << "what is typed on the way cannot be read";
  QTest::mouseClick(open_button(*asked), Qt::LeftButton);
  ASSERT_TRUE(wait_until([&] { return document().items().size() == 1; })) << window->told().toStdString();
  EXPECT_EQ(get<Volume>(document().items()[0]->data).grid.spacing_mm, (Vec3{0.5, 0.5, 2}));
}

TEST_F(Reading, AnswersThatGiveTheSameArrayAnotherMeaningNeedNoDisk) {
  window->ask_how_to_read(write_bare("bare.npy", {8, 6, 4}), {}, {});
  ReadingDialog* const asked = dialog();
  ASSERT_NE(asked, nullptr);
  ASSERT_TRUE(settled(*asked));
  EXPECT_EQ(asked->readings_from_memory(), 0);
  type(*asked, "spacing_mm", QStringLiteral("0.5,0.5,2"));
  ASSERT_TRUE(settled(*asked));
  EXPECT_GE(asked->readings(), 2);
  EXPECT_EQ(asked->readings_from_memory(), asked->readings() - 1);
}

TEST_F(Reading, OfASpacingIsTypedAndFollowedByTheView) {
  window->ask_how_to_read(write_bare("bare.npy", {8, 6, 4}), {}, {});
  ReadingDialog* const asked = dialog();
  ASSERT_NE(asked, nullptr);
  ASSERT_TRUE(settled(*asked)) << words(*asked, "reading.problem").toStdString();
  type(*asked, "spacing_mm", QStringLiteral("half"));
  EXPECT_FALSE(open_button(*asked)->isEnabled());
  type(*asked, "spacing_mm", QStringLiteral("0.5,0.5,2"));
  ASSERT_TRUE(settled(*asked)) << words(*asked, "reading.problem").toStdString();
  EXPECT_TRUE(words(*asked, "reading.words").contains(QStringLiteral("0.5 x 0.5 x 2 mm")));
  EXPECT_FALSE(asked->findChild<QGroupBox*>()->isVisible()) << "no axes to choose while the reader decides";
  keep_dialog(*asked);
  QTest::mouseClick(open_button(*asked), Qt::LeftButton);
  ASSERT_TRUE(wait_until([&] { return document().items().size() == 1; })) << window->told().toStdString();
  EXPECT_EQ(get<Volume>(document().items()[0]->data).grid.spacing_mm, (Vec3{0.5, 0.5, 2}));
  EXPECT_EQ(document().items()[0]->hints.at("spacing_mm"), "0.5,0.5,2") << "a session and a replay tell it again";
}

TEST_F(Reading, OfCountsWithAGeometryBesideThemAsksForTheBlankAndMakesAScan) {
  window->open_file(write_counts(true));
  ReadingDialog* const asked = dialog();
  ASSERT_NE(asked, nullptr);
  EXPECT_TRUE(words(*asked, "reading.reason").contains(QStringLiteral("whole numbers")))
      << words(*asked, "reading.reason").toStdString();
  EXPECT_FALSE(words(*asked, "reading.reason").contains(QStringLiteral("--")));
  EXPECT_TRUE(asked->findChild<QLineEdit*>(QStringLiteral("geometry"))->text().endsWith(QStringLiteral("counts.json")));
  type(*asked, "unattenuated", QStringLiteral("20000"));
  ASSERT_TRUE(settled(*asked)) << words(*asked, "reading.problem").toStdString();
  QTest::mouseClick(open_button(*asked), Qt::LeftButton);
  ASSERT_TRUE(wait_until([&] { return document().items().size() == 1; }));
  const auto& scan = get<Sinogram>(document().items()[0]->data);
  EXPECT_NEAR(scan.readings.values<float>()[10], 0.2, 0.01);
  EXPECT_EQ(document().look().layout.base, document().items()[0]->id) << "what was opened is shown";
}

TEST_F(Reading, OfAGeometryOpensTheReadingsBesideIt) {
  write_counts(true);
  window->open_file(folder / "counts.json");
  ASSERT_NE(dialog(), nullptr);
  dialog()->reject();
  fs::remove(folder / "counts.npy");
  window->open_file(folder / "counts.json");
  EXPECT_TRUE(wait_until([&] { return window->told().contains(QStringLiteral("is the geometry of a scan")); }));
}

TEST_F(Reading, SaysThatTheThirdAxisIsTime) {
  const ItemId id = [&] {
    window->open_file(write_bare("cine.npy", {16, 12, 10}));
    EXPECT_TRUE(wait_until([&] { return document().items().size() == 1; }));
    return document().items()[0]->id;
  }();
  EXPECT_TRUE(window->told().contains(QStringLiteral("does not say what its axes are")))
      << window->told().toStdString();
  QTest::mouseClick(window->findChild<QPushButton*>(QStringLiteral("message.button")), Qt::LeftButton);
  ReadingDialog* const asked = dialog();
  ASSERT_NE(asked, nullptr);
  choose(*asked, "meaning", QStringLiteral("series"));
  ASSERT_TRUE(wait_until([&] { return asked->findChild<QComboBox*>(QStringLiteral("axis.2")) != nullptr; }));
  EXPECT_EQ(asked->findChild<QComboBox*>(QStringLiteral("axis.2"))->currentData().toString(), QStringLiteral("t"));
  ASSERT_TRUE(settled(*asked)) << words(*asked, "reading.problem").toStdString();
  QTest::mouseClick(open_button(*asked), Qt::LeftButton);
  ASSERT_TRUE(wait_until([&] { return document().find(id)->raster->frames == 10; }));
  EXPECT_EQ(document().items().size(), 1U) << "read again, not opened a second time";
  window->action(QStringLiteral("edit.undo"))->trigger();
  EXPECT_EQ(document().find(id)->raster->frames, 1);
}

TEST_F(Reading, TurnsAxesAroundAndTakesOneElementOfAnAxis) {
  window->ask_how_to_read(write_bare("turned.npy", {4, 6, 8}), {}, {});
  ReadingDialog* const asked = dialog();
  ASSERT_NE(asked, nullptr);
  choose(*asked, "meaning", QStringLiteral("image"));
  ASSERT_TRUE(wait_until([&] { return asked->findChild<QComboBox*>(QStringLiteral("axis.0")) != nullptr; }));
  choose(*asked, "axis.0", QStringLiteral("z"));
  ASSERT_TRUE(wait_until([&] {
    auto* const third = asked->findChild<QComboBox*>(QStringLiteral("axis.2"));
    return third != nullptr && third->currentData().toString() == QStringLiteral("x");
  })) << "the two are exchanged";
  ASSERT_TRUE(settled(*asked));
  EXPECT_TRUE(words(*asked, "reading.words").contains(QStringLiteral("8 x 6 x 4")))
      << words(*asked, "reading.words").toStdString();
  choose(*asked, "axis.0", QStringLiteral("0"));
  ASSERT_TRUE(wait_until([&] { return asked->form().hints().at("axes") == "0,y,x"; }));
  ASSERT_TRUE(settled(*asked));
  EXPECT_TRUE(words(*asked, "reading.words").contains(QStringLiteral("8 x 6 x 1")));
}

TEST_F(Reading, IsOfferedForEveryItemUnderData) {
  open("ball.npy", test::ball(12));
  auto* const menu = window->findChild<QMenu*>(QStringLiteral("menu.data"));
  ASSERT_NE(menu, nullptr);
  Q_EMIT menu->aboutToShow();
  QAction* again = nullptr;
  for (QAction* const action : menu->actions())
    if (action->text().startsWith(QStringLiteral("Read again as"))) again = action;
  ASSERT_NE(again, nullptr);
  again->trigger();
  ReadingDialog* const asked = dialog();
  ASSERT_NE(asked, nullptr);
  choose(*asked, "meaning", QStringLiteral("spectral_cube"));
  ASSERT_TRUE(settled(*asked)) << words(*asked, "reading.problem").toStdString();
  QTest::mouseClick(open_button(*asked), Qt::LeftButton);
  ASSERT_TRUE(wait_until([&] { return to_kind(*document().items()[0]->data) == Kind::spectral_cube; }));
  EXPECT_EQ(document().items()[0]->hints.at("kind"), "spectral_cube");
}

TEST_F(Reading, OfADamagedFileIsASentenceAndNoPanel) {
  std::ofstream{folder / "short.npy", std::ios::binary} << "\x93NUMPY\x01";
  window->open_file(folder / "short.npy");
  EXPECT_TRUE(wait_until([&] { return window->told().contains(QStringLiteral("short.npy")); }));
  rest(100);
  EXPECT_EQ(window->findChild<ReadingDialog*>(), nullptr);
}

}  // namespace
}  // namespace iso::gui
