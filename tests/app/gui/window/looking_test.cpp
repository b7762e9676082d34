#include "window_fixture.h"

#include "gui/panels/measure_panel.h"
#include "gui/presenters/compare.h"

#include <QAction>

#include <algorithm>
#include <cmath>
#include <fstream>

namespace iso::gui {
namespace {

using Looking = test::WindowTest;

TEST_F(Looking, OpensAFileAndDrawsItInEveryView) {
  open("ball.nrrd", test::ball(48, 16));
  rest(200);
  for (const auto orientation :
       {render::Orientation::axial, render::Orientation::coronal, render::Orientation::sagittal}) {
    SliceView& view = *window->views().slice_view(orientation);
    const QImage picture = view.grabFramebuffer();
    const QPoint centre{picture.width() / 2 + 12, picture.height() / 2 + 12};
    EXPECT_GT(qGray(picture.pixel(centre)), 200) << "middle of view " << static_cast<int>(orientation);
    EXPECT_LT(qGray(picture.pixel(picture.width() * 9 / 10, picture.height() / 2 + 12)), 60)
        << "border of view " << static_cast<int>(orientation);
  }
  keep_picture(QStringLiteral("four-views"));
}

TEST_F(Looking, ScrollsWindowsPansAndZoomsByTheMouseOfTheConvention) {
  const ItemId id = open("ball.nrrd", test::ball(48, 16));
  const std::int64_t slice = axial().presenter().slice();
  test::WindowTest::wheel(axial(), 2);
  EXPECT_EQ(axial().presenter().slice(), slice + 2);
  const double width = document().find(id)->display.width;
  drag(axial(), Qt::LeftButton, {100, 100}, {160, 100});
  EXPECT_GT(document().find(id)->display.width, width);
  EXPECT_EQ(document().undo_stack().undo_name(), "Window");
  const double zoom = document().look().cameras[0].zoom;
  drag(axial(), Qt::RightButton, {100, 150}, {100, 100});
  EXPECT_NE(document().look().cameras[0].zoom, zoom);
  drag(axial(), Qt::MiddleButton, {100, 100}, {140, 100});
  EXPECT_NE(document().look().cameras[0].pan_mm[0], 0);
  wheel(axial(), 1, Qt::ControlModifier);
  QTest::keyClick(&axial(), Qt::Key_R);
  EXPECT_EQ(document().look().cameras[0].zoom, 1);
}

TEST_F(Looking, KnowsTheKeysOfTheConvention) {
  const ItemId id = open("ball.nrrd", test::ball(48, 16));
  axial().setFocus();
  QTest::keyClick(&axial(), Qt::Key_4);
  EXPECT_EQ(document().find(id)->display.width, 2500);
  QTest::keyClick(&axial(), Qt::Key_End);
  EXPECT_EQ(axial().presenter().slice(), 47);
  QTest::keyClick(&axial(), Qt::Key_PageDown, Qt::ShiftModifier);
  EXPECT_EQ(axial().presenter().slice(), 42);
  QTest::keyClick(&axial(), Qt::Key_X);
  EXPECT_FALSE(document().look().crosshair.visible);
  QTest::keyClick(&axial(), Qt::Key_I);
  EXPECT_TRUE(document().find(id)->display.inverted);
}

TEST_F(Looking, TheCrosshairLinksTheViews) {
  open("ball.nrrd", test::ball(48, 16));
  window->action(QStringLiteral("tool.crosshair"))->trigger();
  QTest::mouseClick(&axial(), Qt::LeftButton, {}, middle(axial()) + QPoint{30, 0});
  const double x = document().look().crosshair.position_mm[0];
  EXPECT_GT(x, 1);
  SliceView& sagittal = *window->views().slice_view(render::Orientation::sagittal);
  EXPECT_EQ(sagittal.presenter().slice(), std::llround(x + 23.5));
}

TEST_F(Looking, ADoubleClickMaximisesAndBringsBack) {
  open("ball.nrrd", test::ball(32));
  SliceView& coronal = *window->views().slice_view(render::Orientation::coronal);
  QTest::mouseDClick(&coronal, Qt::LeftButton, {}, middle(coronal));
  EXPECT_FALSE(axial().isVisible());
  QTest::mouseDClick(&coronal, Qt::LeftButton, {}, middle(coronal));
  EXPECT_TRUE(axial().isVisible());
}

TEST_F(Looking, MeasuresALineInMillimetres) {
  open("ball.nrrd", test::ball(48, 16));
  window->action(QStringLiteral("tool.line"))->trigger();
  const QPoint a = middle(axial()) - QPoint{40, 0}, b = middle(axial()) + QPoint{40, 0};
  const double mm = axial().presenter().picture(axial().view_size()).mm_per_pixel;
  drag(axial(), Qt::LeftButton, a, b);
  ASSERT_EQ(document().measurements().size(), 1U);
  EXPECT_NEAR(length_mm(document().measurements()[0]), 80 * mm, 1.5 * mm);
  window->action(QStringLiteral("tool.ellipse"))->trigger();
  drag(axial(), Qt::LeftButton, a + QPoint{0, 30}, b + QPoint{0, 60});
  EXPECT_EQ(document().measurements().size(), 2U);
  keep_picture(QStringLiteral("measure"));
  window->action(QStringLiteral("edit.undo"))->trigger();
  EXPECT_EQ(document().measurements().size(), 1U);
}

TEST_F(Looking, PaintsLabelsAndTakesTheStrokeBack) {
  open("ball.nrrd", test::ball(48, 16));
  window->action(QStringLiteral("tool.brush"))->trigger();
  drag(axial(), Qt::LeftButton, middle(axial()), middle(axial()) + QPoint{40, 20});
  ASSERT_EQ(document().items().size(), 2U);
  const ItemId labels = document().look().overlay.item;
  const auto painted = [&] {
    const auto values = get<LabelMap>(document().find(labels)->data).labels.values<std::uint16_t>();
    return std::count(values.begin(), values.end(), 1);
  };
  EXPECT_GT(painted(), 50);
  keep_picture(QStringLiteral("paint"));
  window->action(QStringLiteral("edit.undo"))->trigger();
  EXPECT_EQ(painted(), 0);
  window->action(QStringLiteral("edit.redo"))->trigger();
  EXPECT_GT(painted(), 50);
}

TEST_F(Looking, ComparesTwoImagesWithFigures) {
  open("reference.nrrd", test::ball(32, 10));
  const ItemId reference = document().selected();
  const ItemId image = open("image.nrrd", test::ball(32, 9));
  Look look = document().look();
  look.layout.base = image;
  look.layout.compared = reference;
  look.layout.arrangement = Arrangement::side_by_side;
  document().set_look(look);
  EXPECT_TRUE(window->views().compared_view()->isVisible());
  const Figures figures = slice_figures(make_comparison(document()));
  ASSERT_TRUE(figures.psnr_db);
  EXPECT_GT(*figures.psnr_db, 5);
  keep_picture(QStringLiteral("compare"));
}

TEST_F(Looking, ABadFileIsOneSentenceAndLosesNothing) {
  open("ball.nrrd", test::ball(16));
  std::ofstream{folder / "broken.nrrd"} << "NRRD0005\nnonsense";
  window->open_file(folder / "broken.nrrd");
  EXPECT_TRUE(wait_until([&] { return !window->told().isEmpty(); }));
  EXPECT_TRUE(window->told().contains(QStringLiteral("broken.nrrd"))) << window->told().toStdString();
  window->open_file(folder / "missing.nrrd");
  EXPECT_TRUE(wait_until([&] { return window->told().contains(QStringLiteral("missing.nrrd")); }));
  EXPECT_EQ(document().items().size(), 1U);
}

TEST_F(Looking, ASessionIsSavedAndRestored) {
  open("ball.nrrd", test::ball(32));
  window->action(QStringLiteral("tool.line"))->trigger();
  drag(axial(), Qt::LeftButton, middle(axial()), middle(axial()) + QPoint{40, 0});
  const std::filesystem::path file = folder / "work.isocenter.json";
  window->save_session(file);
  ASSERT_TRUE(wait_until([&] { return std::filesystem::exists(file); })) << window->told().toStdString();
  const Look look = document().look();
  document().remove(document().items()[0]->id);
  window->open_session(file);
  ASSERT_TRUE(wait_until([&] { return document().items().size() == 1; })) << window->told().toStdString();
  EXPECT_EQ(document().measurements().size(), 1U);
  EXPECT_EQ(document().look(), look);
}

TEST_F(Looking, EveryControlHasAnAccessibleNameOrText) {
  for (const QWidget* widget : window->findChildren<QWidget*>()) {
    if (widget->focusPolicy() == Qt::NoFocus || !widget->isVisible() ||
        widget->objectName().startsWith(QStringLiteral("qt_")))
      continue;
    const QString text = widget->property("text").toString() + widget->accessibleName() +
                         widget->property("title").toString() + widget->windowTitle();
    const bool part =
        widget->parentWidget() != nullptr &&
        (widget->parentWidget()->inherits("QAbstractSpinBox") || widget->parentWidget()->inherits("QComboBox") ||
         widget->inherits("QMenuBar") || widget->inherits("QTabBar") || widget->inherits("QTabWidget") ||
         widget->inherits("QScrollArea") || widget->inherits("QToolBar") || widget->inherits("QMenu"));
    EXPECT_TRUE(part || !text.isEmpty()) << widget->metaObject()->className() << " "
                                         << widget->objectName().toStdString();
  }
}

}  // namespace
}  // namespace iso::gui
