// Nothing surprises the hand: wheel, keys, the mark of the active view, menus of the right button, number fields.

#include "window_fixture.h"

#include "gui/panels/number_field.h"

#include <QAction>
#include <QComboBox>
#include <QLineEdit>
#include <QMenu>
#include <QScrollArea>
#include <QScrollBar>
#include <QSlider>
#include <QTableWidget>
#include <QTreeWidget>

namespace iso::gui {
namespace {

class Hands : public test::WindowTest {
 protected:
  /// Fields and short cuts ask which window has the keyboard; no window manager gives it here.
  void SetUp() override {
    window->activateWindow();
    ASSERT_TRUE(QTest::qWaitForWindowActive(window.get(), test::patience_ms));
  }
  QWidget& field(const char* accessible_name) {
    for (QWidget* const widget : window->findChildren<QWidget*>())
      if (widget->accessibleName() == QString::fromLatin1(accessible_name)) return *widget;
    ADD_FAILURE() << accessible_name;
    return *window;
  }
  /// As a mouse does: what a widget leaves goes to the one that it lies in. Qt does so for events of the system only.
  static void wheel_through(QWidget& widget, int notches) {
    for (QWidget* at = &widget; at != nullptr && !at->isWindow(); at = at->parentWidget()) {
      const QPointF middle = at->rect().center();
      QWheelEvent event{middle, at->mapToGlobal(middle), {},   QPoint{0, 120 * notches}, Qt::NoButton,
                        {},     Qt::NoScrollPhase,       false};
      event.ignore();
      QApplication::sendEvent(at, &event);
      if (event.isAccepted()) return;
    }
  }
  const render::Display& display() { return document().find(document().look().layout.base)->display; }
  QMenu* menu(const char* name) {
    wait_until([&] { return window->findChild<QMenu*>(QString::fromLatin1(name)) != nullptr; });
    return window->findChild<QMenu*>(QString::fromLatin1(name));
  }
  static void right_click(QWidget& widget) {
    QTest::mousePress(&widget, Qt::RightButton, {}, widget.rect().center());
    QTest::mouseRelease(&widget, Qt::RightButton, {}, widget.rect().center());
  }
};

TEST_F(Hands, TheWheelEditsNoFieldThatWasNotClickedInto) {
  open("ball.nrrd", test::ball(32));
  axial().setFocus();
  const render::Display before = display();
  const Look look = document().look();
  for (const char* const name : {"Window width", "Window level", "Colours", "Window function", "Slab",
                                 "Part of the width that shows the overlay", "Fade from the image to the overlay"}) {
    wheel(field(name), -2);
    EXPECT_EQ(display(), before) << name;
    EXPECT_EQ(document().look(), look) << name;
    EXPECT_FALSE(field(name).hasFocus()) << name;
  }
  auto& width = field("Window width");
  QTest::mouseClick(&width, Qt::LeftButton, {}, QPoint{10, width.height() / 2});
  ASSERT_TRUE(width.hasFocus());
  wheel(width, 1);
  EXPECT_NE(display().width, before.width) << "a field that was clicked into is turned";
}

TEST_F(Hands, TheWheelScrollsThePanelUnderTheField) {
  open("ball.nrrd", test::ball(32));
  window->resize(1280, 480);
  rest(100);
  QWidget& width = field("Window width");
  QScrollArea* area = nullptr;
  for (QWidget* at = &width; at != nullptr && area == nullptr; at = at->parentWidget())
    area = qobject_cast<QScrollArea*>(at);
  ASSERT_NE(area, nullptr);
  ASSERT_GT(area->verticalScrollBar()->maximum(), 0) << "the panel is higher than its room";
  wheel_through(width, -2);
  EXPECT_GT(area->verticalScrollBar()->value(), 0);
}

TEST_F(Hands, KeysOfTheViewsWorkWhereverTheFocusIs) {
  open("ball.nrrd", test::ball(32));
  auto* const data = window->findChild<QTreeWidget*>(QStringLiteral("data.tree"));
  data->setFocus();
  QTest::keyClick(data, Qt::Key_4);
  EXPECT_EQ(display().width, 2500) << "bone, from the list of data";
  QTest::mouseClick(&field("Colours"), Qt::LeftButton, {}, QPoint{-5, -5});
  field("Colours").setFocus();
  QTest::keyClick(&field("Colours"), Qt::Key_1);
  EXPECT_EQ(display().width, 400) << "soft tissue, from a box";
  window->action(QStringLiteral("view.one"))->trigger();
  QWidget* const now = QApplication::focusWidget() == nullptr ? window.get() : QApplication::focusWidget();
  QTest::keyClick(now, Qt::Key_2);
  EXPECT_EQ(display().width, 1500) << "lung, after the layout changed";
}

TEST_F(Hands, TheFocusStaysInAViewWhenItsViewGoes) {
  open("ball.nrrd", test::ball(32));
  window->views().slice_view(render::Orientation::coronal)->setFocus();
  window->action(QStringLiteral("view.one"))->trigger();
  EXPECT_TRUE(axial().hasFocus());
}

TEST_F(Hands, WhatIsTypedIsNoKeyOfAView) {
  open("ball.nrrd", test::ball(32));
  const render::Display before = display();
  auto& width = field("Window width");
  QTest::mouseClick(&width, Qt::LeftButton, {}, QPoint{10, width.height() / 2});
  auto* const line = width.findChild<QLineEdit*>();
  line->selectAll();
  QTest::keyClicks(line, QStringLiteral("41"));
  EXPECT_EQ(display(), before) << "neither bone nor soft tissue";
  QTest::keyClick(line, Qt::Key_Return);
  EXPECT_EQ(display().width, 41);
}

TEST_F(Hands, TheActiveViewHasAFrame) {
  open("ball.nrrd", test::ball(32));
  const auto framed = [&](SliceView& view) {
    rest(30);
    const QImage whole = window->views().grab().toImage();
    const QPoint at = view.geometry().topLeft() - QPoint{1, 1};
    return whole.pixelColor(at * whole.devicePixelRatio()) == window->palette().color(QPalette::Highlight);
  };
  SliceView& coronal = *window->views().slice_view(render::Orientation::coronal);
  axial().setFocus();
  EXPECT_TRUE(framed(axial()));
  EXPECT_FALSE(framed(coronal));
  coronal.setFocus();
  EXPECT_TRUE(framed(coronal));
  EXPECT_FALSE(framed(axial()));
  window->findChild<QTreeWidget*>(QStringLiteral("data.tree"))->setFocus();
  EXPECT_TRUE(framed(coronal)) << "it stays the active one while a list has the focus";
  EXPECT_EQ(window->views().active_view(), &coronal);
}

TEST_F(Hands, DeleteTakesTheSelectedMeasurementAwayAndUndoBringsItBackInItsPlace) {
  open("ball.nrrd", test::ball(48, 16));
  window->action(QStringLiteral("tool.line"))->trigger();
  for (const int y : {-40, 0, 40})
    drag(axial(), Qt::LeftButton, middle(axial()) + QPoint{-40, y}, middle(axial()) + QPoint{40, y});
  ASSERT_EQ(document().measurements().size(), 3U);
  const std::uint64_t second = document().measurements()[1].id;
  QTest::mouseClick(&axial(), Qt::LeftButton, {}, middle(axial()));  // on the second line
  axial().setFocus();
  QTest::keyClick(&axial(), Qt::Key_Delete);
  ASSERT_EQ(document().measurements().size(), 2U);
  window->action(QStringLiteral("edit.undo"))->trigger();
  ASSERT_EQ(document().measurements().size(), 3U);
  EXPECT_EQ(document().measurements()[1].id, second);
  raise("dock.measure");
  rest(100);
  auto& table = dynamic_cast<QTableWidget&>(field("Measurements"));
  table.selectRow(0);
  table.setFocus();
  QTest::keyClick(&table, Qt::Key_Delete);
  EXPECT_EQ(document().measurements().size(), 2U);
}

TEST_F(Hands, ARightClickOpensAMenuAndARightDragZooms) {
  open("ball.nrrd", test::ball(32));
  right_click(axial());
  QMenu* const slice = menu("menu.slice");
  ASSERT_NE(slice, nullptr);
  QAction* crosshair = nullptr;
  for (QAction* const action : slice->actions())
    if (action->text() == QStringLiteral("Crosshair")) crosshair = action;
  ASSERT_NE(crosshair, nullptr);
  EXPECT_TRUE(crosshair->isChecked());
  crosshair->trigger();
  EXPECT_FALSE(document().look().crosshair.visible);
  slice->close();
  ASSERT_TRUE(wait_until([&] { return window->findChild<QMenu*>(QStringLiteral("menu.slice")) == nullptr; }));
  const double zoom = document().look().cameras[0].zoom;
  drag(axial(), Qt::RightButton, {100, 150}, {100, 100});
  EXPECT_NE(document().look().cameras[0].zoom, zoom);
  rest(200);
  EXPECT_EQ(window->findChild<QMenu*>(QStringLiteral("menu.slice")), nullptr) << "a drag opens none";
  right_click(*window->views().volume_view());
  QMenu* const volume = menu("menu.volume");
  ASSERT_NE(volume, nullptr);
  volume->close();
}

TEST_F(Hands, NumberFieldsHaveTheDigitsThatTheirValueNeeds) {
  NumberField field;
  field.setRange(-1e9, 1e9);
  for (const auto& [value, text] : {std::pair{2260.0, "2260"}, std::pair{0.0001322, "0.0001322"},
                                    std::pair{-600.0, "-600"}, std::pair{1e-9, "1e-09"}, std::pair{0.0, "0"},
                                    std::pair{123456789.0, "123456789"}, std::pair{40.25, "40.25"}}) {
    field.setValue(value);
    EXPECT_EQ(field.text().toStdString(), text);
    EXPECT_DOUBLE_EQ(field.value(), value);
  }
  field.setValue(0.0001322);
  field.findChild<QLineEdit*>()->setText(QStringLiteral("0,000132"));
  field.interpretText();
  EXPECT_DOUBLE_EQ(field.value(), 0.000132);
  field.findChild<QLineEdit*>()->setText(QStringLiteral("many"));
  field.interpretText();
  EXPECT_DOUBLE_EQ(field.value(), 0.000132) << "no number leaves it as it was";
}

TEST_F(Hands, AFieldThatIsTouchedKeepsASmallWindow) {
  const ItemId id = open("ball.nrrd", test::ball(16));
  render::Display small = document().find(id)->display;
  small.width = 0.0001322;
  small.centre = 0.00007;
  small.voi = render::VoiFunction::linear_exact;
  document().set_display(id, small);
  auto& width = field("Window width");
  QTest::mouseClick(&width, Qt::LeftButton, {}, QPoint{10, width.height() / 2});
  axial().setFocus();
  EXPECT_DOUBLE_EQ(document().find(id)->display.width, 0.0001322);
}

}  // namespace
}  // namespace iso::gui
