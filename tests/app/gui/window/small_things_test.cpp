// Small things that a hand or a script misses: tables and drawings to take along, where files may be dropped, empty lists.

#include "window_fixture.h"

#include "gui/panels/measure_panel.h"
#include "gui/panels/method_panel.h"
#include "gui/views/plot_view.h"
#include "render/scene/slice_marks.h"

#include <QAction>
#include <QClipboard>
#include <QDoubleSpinBox>
#include <QDragEnterEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMimeData>
#include <QTreeWidget>
#include <QXmlStreamReader>

#include <fstream>

namespace iso::gui {
namespace {

namespace fs = std::filesystem;

class SmallThings : public test::WindowTest {
 protected:
  static std::string content(const fs::path& file) {
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
};

TEST_F(SmallThings, MeasurementsAreSavedAsATableWithPlaceAndUnit) {
  open("ball.nrrd", test::ball(48, 16));
  window->action(QStringLiteral("tool.line"))->trigger();
  drag(axial(), Qt::LeftButton, middle(axial()) - QPoint{40, 0}, middle(axial()) + QPoint{40, 0});
  ASSERT_EQ(document().measurements().size(), 1U);
  window->findChild<MeasurePanel*>()->save_table(folder / "measures.csv");
  const std::string text = content(folder / "measures.csv");
  EXPECT_NE(text.find("FWHM mm,place,unit\r\n"), std::string::npos) << text;
  EXPECT_NE(text.find(",HU\r\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\"R "), std::string::npos) << "a place has commas and is quoted: " << text;
}

TEST_F(SmallThings, APlotIsADrawingWithItsWords) {
  PlotView plot;
  plot.resize(400, 220);
  plot.set_curves({{QStringLiteral("residual, <1>"), {{1, 100}, {2, 10}, {3, 1}, {4, 0.1}}}},
                  QStringLiteral("iteration"), QStringLiteral("value"));
  QXmlStreamReader reader{plot.svg()};
  int lines = 0;
  QString words;
  while (!reader.atEnd()) {
    if (reader.readNext() != QXmlStreamReader::StartElement) continue;
    if (reader.name() == QStringLiteral("path")) ++lines;
    if (reader.name() == QStringLiteral("text")) words += reader.readElementText() + QLatin1Char('|');
  }
  EXPECT_FALSE(reader.hasError()) << reader.errorString().toStdString();
  EXPECT_GT(lines, 3);
  EXPECT_TRUE(words.contains(QStringLiteral("iteration"))) << words.toStdString();
  EXPECT_TRUE(words.contains(QStringLiteral("residual"))) << words.toStdString();
  EXPECT_EQ(plot.csv().section(QStringLiteral("\r\n"), 0, 1).toStdString(), "iteration,\"residual, <1>\"\r\n1,100");
}

TEST_F(SmallThings, APlotHasALineAtTheValueThatEndsTheRun) {
  PlotView plot;
  plot.resize(400, 220);
  Curve change{QStringLiteral("change"), {{1, 0.5}, {2, 0.05}, {3, 0.004}}};
  change.limit = 1e-3;
  plot.set_curves({change}, QStringLiteral("iteration"), {});
  const QString drawing = plot.svg();
  EXPECT_TRUE(drawing.contains(QStringLiteral("ends below 0.001"))) << drawing.toStdString();
  change.limit.reset();
  plot.set_curves({change}, QStringLiteral("iteration"), {});
  EXPECT_FALSE(plot.svg().contains(QStringLiteral("ends below")));
}

TEST_F(SmallThings, FilesThatHoverShowWhereTheyMayBeDropped) {
  QMimeData files;
  files.setUrls({QUrl::fromLocalFile(QStringLiteral("/tmp/a.nrrd"))});
  QDragEnterEvent enter{middle(*window), Qt::CopyAction, &files, Qt::LeftButton, Qt::NoModifier};
  QApplication::sendEvent(window.get(), &enter);
  auto* const target = window->findChild<QLabel*>(QStringLiteral("drop.target"));
  ASSERT_NE(target, nullptr);
  EXPECT_TRUE(target->isVisible());
  QDragLeaveEvent leave;
  QApplication::sendEvent(window.get(), &leave);
  EXPECT_FALSE(target->isVisible());
}

TEST_F(SmallThings, APictureOfTheViewsIsTakenAlongByTheClipboard) {
  open("ball.nrrd", test::ball(24));
  window->action(QStringLiteral("file.copy_picture"))->trigger();
  EXPECT_EQ(QApplication::clipboard()->image().size(), window->views().size() * window->devicePixelRatioF());
}

TEST_F(SmallThings, APictureIsOpenedAsAnImage) {
  io::write(folder / "slice.png", *test::ball(16), {.overwrite = true});
  window->open_file(folder / "slice.png");
  ASSERT_TRUE(wait_until([&] { return document().items().size() == 1; })) << window->told().toStdString();
  EXPECT_TRUE(std::holds_alternative<Volume>(*document().items()[0]->data));
}

TEST_F(SmallThings, AnItemThatTheSessionHoldsIsNotCalledUnsaved) {
  auto* const tree = window->findChild<QTreeWidget*>(QStringLiteral("data.tree"));
  document().add("result", test::ball(12), {});
  EXPECT_TRUE(tree->topLevelItem(0)->text(1).contains(QStringLiteral("not saved")));
  window->save_session(folder / "work.isocenter.json");
  EXPECT_TRUE(wait_until([&] { return tree->topLevelItem(0)->text(1).contains(QStringLiteral("in the session")); }))
      << window->told().toStdString();
  document().rename(document().items()[0]->id, "another");
  EXPECT_TRUE(tree->topLevelItem(0)->text(1).contains(QStringLiteral("not saved"))) << "it has changed since";
}

TEST_F(SmallThings, WhatARunningJobShowsHasItsOwnWindowInDisplay) {
  const ItemId id = open("ball.nrrd", test::volume({24, 24, 24}, {1, 1, 1}, [](const Vec3& p) { return 1000 * p[0]; }));
  QDoubleSpinBox* width = nullptr;
  for (auto* const field : window->findChildren<QDoubleSpinBox*>())
    if (field->accessibleName() == QStringLiteral("Window width")) width = field;
  ASSERT_NE(width, nullptr);
  const double before = width->value();
  document().set_preview("so far", test::volume({24, 24, 24}, {1, 1, 1}, [](const Vec3& p) { return p[0]; }));
  EXPECT_LT(width->value(), before / 10);
  EXPECT_FALSE(width->isEnabled()) << "it is nobody's to change";
  document().clear_preview();
  EXPECT_DOUBLE_EQ(width->value(), before);
  EXPECT_TRUE(width->isEnabled());
  EXPECT_DOUBLE_EQ(document().find(id)->display.width, before);
}

TEST_F(SmallThings, AZeroThatStandsForSomethingSaysForWhat) {
  open("ball.nrrd", test::ball(24));
  window->methods().open_task("example/region_growing");
  QLabel* words = nullptr;
  for (QLabel* const label : window->methods().findChildren<QLabel*>(QStringLiteral("zero")))
    if (label->text().contains(QStringLiteral("three times the noise"))) words = label;
  ASSERT_NE(words, nullptr);
  EXPECT_FALSE(words->isHidden());
  window->methods().form()->set("tolerance", "12");
  EXPECT_TRUE(words->isHidden());
}

TEST_F(SmallThings, KSpaceIsWrittenAsTheFieldWritesIt) {
  open("ball.nrrd", test::ball(24));
  auto* const list = window->methods().findChild<QListWidget*>();
  QString all;
  for (int row = 0; row < list->count(); ++row) all += list->item(row)->text();
  EXPECT_FALSE(all.contains(QStringLiteral("k space"))) << all.toStdString();
}

TEST_F(SmallThings, AListOfMethodsWithoutOneSaysSo) {
  auto* const list = window->methods().findChild<QListWidget*>();
  ASSERT_NE(list, nullptr);
  QLineEdit* search = nullptr;
  for (QLineEdit* const line : window->methods().findChildren<QLineEdit*>())
    if (line->accessibleName() == QStringLiteral("Find a method")) search = line;
  ASSERT_NE(search, nullptr);
  search->setText(QStringLiteral("no such method"));
  ASSERT_EQ(list->count(), 1);
  EXPECT_TRUE(list->item(0)->text().contains(QStringLiteral("No method"))) << list->item(0)->text().toStdString();
}

TEST_F(SmallThings, AScaleBarWithoutASpacingCountsVoxels) {
  const auto words = [&](const std::string& assumed) {
    auto data = std::get<Volume>(*test::ball(48, 16));
    if (!assumed.empty()) data.meta["assumed"] = assumed;
    const ItemId id = document().add("bare", freeze(std::move(data)), {});
    document().show(id);
    std::string all;
    for (const auto& text : render::make_marks(axial().presenter().picture({400, 400, 1}), 400, 400, 1).texts)
      all += text.words + "|";
    return all;
  };
  EXPECT_NE(words({}).find(" mm|"), std::string::npos);
  EXPECT_NE(words("a spacing of 1 mm").find(" voxels|"), std::string::npos);
}

}  // namespace
}  // namespace iso::gui
