// The first minutes and small screens: a start page, tissue in the first window of a CT, room for the images.

#include "inspect.h"
#include "window_fixture.h"

#include <QAction>
#include <QPushButton>
#include <QToolBar>
#include <QToolButton>

namespace iso::gui {
namespace {

class FirstMinutes : public test::WindowTest {
 protected:
  /// Air, water and bone, and what a scanner writes beside its round field of view.
  static DatasetPtr ct(bool hounsfield, double padding) {
    auto data = test::volume({48, 48, 24}, {2, 2, 2}, [&](const Vec3& p) {
      const double r = std::hypot(p[0], p[1]);
      return r > 46 ? padding : r > 36 ? -1000.0 : r > 30 ? 1200.0 : 40.0;
    });
    Volume volume = get<Volume>(data);
    volume.quantity = hounsfield ? Quantity::hounsfield : Quantity::unknown;
    return freeze(std::move(volume));
  }
  QWidget* start() { return window->findChild<QWidget*>(QStringLiteral("start")); }
};

TEST_F(FirstMinutes, AStartPageTeachesUntilSomethingIsOpen) {
  ASSERT_NE(start(), nullptr);
  EXPECT_TRUE(start()->isVisible());
  EXPECT_FALSE(axial().isVisible());
  EXPECT_EQ(test::clipped_texts(*start()).join('\n').toStdString(), "");
  keep_picture(QStringLiteral("start"));
  const ItemId id = open("ball.nrrd", test::ball(16));
  EXPECT_FALSE(start()->isVisible());
  EXPECT_TRUE(axial().isVisible());
  document().remove(id);
  EXPECT_TRUE(start()->isVisible());
  auto* const recent = window->findChild<QPushButton*>(QStringLiteral("start.recent.1"));
  ASSERT_NE(recent, nullptr);
  EXPECT_EQ(recent->accessibleName(), QStringLiteral("ball.nrrd"));
  QTest::mouseClick(recent, Qt::LeftButton);
  EXPECT_TRUE(wait_until([&] { return document().items().size() == 1; })) << window->told().toStdString();
}

TEST_F(FirstMinutes, ASampleOpensByOneClick) {
  auto* const sample = window->findChild<QPushButton*>(QStringLiteral("start.sample.1"));
  ASSERT_NE(sample, nullptr) << "resources/samples";
  QTest::mouseClick(sample, Qt::LeftButton);
  EXPECT_TRUE(wait_until([&] { return document().items().size() == 1; })) << window->told().toStdString();
}

TEST_F(FirstMinutes, ACtOpensInAWindowForTissue) {
  for (const bool hounsfield : {true, false})
    for (const double padding : {-1000.0, -3024.0}) {
      const ItemId id = open("ct.nii", ct(hounsfield, padding));
      const render::Display& display = document().find(id)->display;
      EXPECT_EQ(display.width, 400) << hounsfield << " " << padding;
      EXPECT_EQ(display.centre, 40) << hounsfield << " " << padding;
      QTest::keyClick(&axial(), Qt::Key_0);
      if (!hounsfield) continue;
      EXPECT_NEAR(document().find(id)->display.centre - document().find(id)->display.width / 2, -1000, 10)
          << "padding is no value";
    }
}

TEST_F(FirstMinutes, AnImageThatIsNoCtOpensInItsOwnWindow) {
  const ItemId id =
      open("mr.nrrd", test::volume({16, 16, 16}, {1, 1, 1}, [](const Vec3& p) { return 500 + 20 * p[0]; }));
  EXPECT_NEAR(document().find(id)->display.centre, 500, 20);
}

TEST_F(FirstMinutes, WindowsArePressedAsButtons) {
  const ItemId id = open("ct.nii", ct(true, -1000));
  auto* const bar = window->findChild<QToolBar*>(QStringLiteral("bar.windows"));
  ASSERT_NE(bar, nullptr);
  for (const auto& [name, width] :
       {std::pair{"window.4", 2500.0}, std::pair{"window.2", 1500.0}, std::pair{"window.1", 400.0}}) {
    QAction* action = nullptr;
    for (QAction* const button : bar->actions())
      if (button->objectName() == QString::fromLatin1(name)) action = button;
    ASSERT_NE(action, nullptr) << name;
    QTest::mouseClick(bar->widgetForAction(action), Qt::LeftButton);
    EXPECT_EQ(document().find(id)->display.width, width);
  }
}

TEST_F(FirstMinutes, ToolsHaveSymbolsAndASentence) {
  for (const char* const name :
       {"tool.window", "tool.crosshair", "tool.line", "tool.angle", "tool.rectangle", "tool.ellipse", "tool.polygon",
        "tool.brush", "tool.erase", "tool.fill", "tool.click"}) {
    const QAction* const action = window->action(QString::fromLatin1(name));
    EXPECT_FALSE(action->icon().isNull()) << name;
    EXPECT_TRUE(action->toolTip().contains(QLatin1Char('\n'))) << name << ": " << action->toolTip().toStdString();
  }
}

TEST_F(FirstMinutes, TheDocksBelowAreClosedUntilThereIsSomethingInThem) {
  open("ball.nrrd", test::ball(32));
  const auto dock = [&](const char* name) { return window->findChild<QDockWidget*>(QString::fromLatin1(name)); };
  for (const char* const name : {"dock.jobs", "dock.measure", "dock.compare"})
    EXPECT_FALSE(dock(name)->isVisible()) << name;
  window->action(QStringLiteral("tool.line"))->trigger();
  drag(axial(), Qt::LeftButton, middle(axial()), middle(axial()) + QPoint{40, 0});
  EXPECT_TRUE(dock("dock.measure")->isVisible());
  EXPECT_FALSE(dock("dock.jobs")->isVisible());
}

TEST_F(FirstMinutes, TheImagesHaveMostOfASmallWindow) {
  open("ball.nrrd", test::ball(32));
  window->resize(1024, 700);
  window->fit_small_screen();
  rest(200);
  const QSize whole = window->size(), images = window->views().size();
  keep_picture(QStringLiteral("small-window"));
  EXPECT_EQ(whole, (QSize{1024, 700}));
  const double part =
      static_cast<double>(images.width()) * images.height() / (static_cast<double>(whole.width()) * whole.height());
  EXPECT_GE(part, 0.6) << images.width() << " x " << images.height();
}

}  // namespace
}  // namespace iso::gui
