// Every layer has its own window, colours, range and opacity, and two images beside each other can be compared.

#include "window_fixture.h"

#include "gui/panels/number_field.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QSlider>

namespace iso::gui {
namespace {

class Layers : public test::WindowTest {
 protected:
  template <class T>
  T& control(const char* name) {
    for (T* const found : window->findChildren<T*>())
      if (found->accessibleName() == QString::fromUtf8(name)) return *found;
    throw std::runtime_error{name};
  }
  void overlay(ItemId id) {
    document().select(id);
    auto* const menu = window->findChild<QMenu*>(QStringLiteral("menu.data"));
    Q_EMIT menu->aboutToShow();
    for (QAction* const action : menu->actions())
      if (action->text() == QStringLiteral("Show as overlay")) return action->trigger();
    ADD_FAILURE() << "no overlay is offered";
  }
  void beside(ItemId id) {
    Look look = document().look();
    look.layout.arrangement = Arrangement::side_by_side;
    look.layout.compared = id;
    document().set_look(look);
    rest(50);
  }
  SlicePresenter& compared() { return window->views().compared_view()->presenter(); }
};

TEST_F(Layers, TheOverlayHasAGroupOfItsOwnAndIsNotGreyOverGrey) {
  const ItemId image = open("ct.nrrd", test::volume({24, 24, 12}, {1, 1, 2}, [](const Vec3& p) { return 10 * p[0]; }));
  const ItemId pet = open("pet.nrrd", test::volume({24, 24, 12}, {1, 1, 2}, [](const Vec3& p) { return p[1]; }));
  document().show(image);
  const render::Display before = document().find(image)->display;
  overlay(pet);
  EXPECT_EQ(document().find(pet)->display.colour_map, "hot");
  control<QDoubleSpinBox>("Overlay: window width").setValue(7);
  EXPECT_EQ(document().find(pet)->display.width, 7);
  control<QCheckBox>("Overlay: show only values").click();
  control<QDoubleSpinBox>("Overlay: lowest value shown").setValue(5);
  ASSERT_TRUE(document().find(pet)->display.shown_range);
  EXPECT_EQ((*document().find(pet)->display.shown_range)[0], 5);
  control<QSlider>("Overlay: opacity").setValue(40);
  EXPECT_DOUBLE_EQ(document().find(pet)->display.opacity, 0.4);
  EXPECT_EQ(document().find(image)->display, before) << "the image is left alone";
}

TEST_F(Layers, ValuesBelowTheRangeAreClear) {
  const ItemId image = open("ct.nrrd", test::volume({24, 24, 12}, {1, 1, 2}, [](const Vec3&) { return 0.0; }));
  const ItemId map =
      open("map.nrrd", test::volume({24, 24, 12}, {1, 1, 2}, [](const Vec3& p) { return p[0] < 0 ? 1.0 : 9.0; }));
  document().show(image);
  overlay(map);
  render::Display display = document().find(map)->display;
  display.shown_range = {{5, 10}};
  document().set_display(map, display);
  Look look = document().look();
  look.overlay.opacity = 1;
  look.crosshair.visible = look.layout.annotations = false;
  document().set_look(look);
  rest(50);
  const QImage seen = axial().grabFramebuffer();
  const QColor left = seen.pixelColor(seen.width() / 2 - 30, seen.height() / 2),
               right = seen.pixelColor(seen.width() / 2 + 30, seen.height() / 2);
  EXPECT_NE(left, right);
  look.overlay.shown = false;
  document().set_look(look);
  rest(50);
  EXPECT_EQ(axial().grabFramebuffer().pixelColor(seen.width() / 2 - 30, seen.height() / 2), left) << "the image";
}

TEST_F(Layers, TheReadOutTellsTheValuesOfAllLayers) {
  const ItemId image = open("ct.nrrd", test::volume({24, 24, 12}, {1, 1, 2}, [](const Vec3&) { return 33.0; }));
  const ItemId pet = open("pet.nrrd", test::volume({24, 24, 12}, {1, 1, 2}, [](const Vec3&) { return 4.5; }));
  document().show(image);
  overlay(pet);
  const Readout words = axial().presenter().readout(axial().width() / 2.0, axial().height() / 2.0, axial().view_size());
  EXPECT_NE(words.value.find("33"), std::string::npos) << words.value;
  EXPECT_NE(words.value.find("pet.nrrd 4.5"), std::string::npos) << words.value;
}

TEST_F(Layers, ImagesBesideEachOtherHaveOneScale) {
  const ItemId small = open("small.nrrd", test::volume({20, 20, 8}, {1, 1, 1}, [](const Vec3& p) { return p[0]; }));
  const ItemId large = open("large.nrrd", test::volume({40, 40, 8}, {3, 3, 3}, [](const Vec3& p) { return p[0]; }));
  document().show(small);
  beside(large);
  const ViewSize size{400, 400, 1};
  EXPECT_DOUBLE_EQ(axial().presenter().picture(size).mm_per_pixel, compared().picture(size).mm_per_pixel);
}

TEST_F(Layers, AnImageThatTheCrosshairHasLeftSaysSoAndLeadsBack) {
  const ItemId base = open("base.nrrd", test::volume({20, 20, 8}, {1, 1, 1}, [](const Vec3& p) { return p[0]; }));
  auto far = std::get<Volume>(*test::volume({20, 20, 8}, {1, 1, 1}, [](const Vec3& p) { return p[0]; }));
  far.grid.origin_mm[2] += 500;
  const ItemId other = open("other.nrrd", freeze(std::move(far)));
  document().show(base);
  beside(other);
  ASSERT_TRUE(compared().outside());
  EXPECT_EQ(compared().picture({300, 300, 1}).hint, "The crosshair lies outside this image");
  auto* const way = window->views().compared_view()->findChild<QWidget*>(QStringLiteral("way_back"));
  ASSERT_TRUE(way->isVisible());
  const auto press = [&](const char* text) {
    for (QPushButton* const button : way->findChildren<QPushButton*>())
      if (button->text() == QString::fromUtf8(text)) return QTest::mouseClick(button, Qt::LeftButton);
    ADD_FAILURE() << text;
  };
  const Vec3 crosshair = document().look().crosshair.position_mm;
  press("Align centres");
  EXPECT_FALSE(compared().outside());
  EXPECT_FALSE(way->isVisible());
  EXPECT_EQ(document().look().crosshair.position_mm, crosshair) << "the other image stays";
  const std::int64_t slice = compared().slice();
  axial().presenter().scroll(1);
  EXPECT_EQ(compared().slice(), slice + 1) << "they move together";
  Look look = document().look();
  look.pairing.position = false;
  document().set_look(look);
  axial().presenter().scroll(1);
  EXPECT_EQ(compared().slice(), slice + 1) << "and apart";
  const std::int64_t here = axial().presenter().slice();
  compared().scroll(-1);
  EXPECT_EQ(axial().presenter().slice(), here);
  EXPECT_EQ(compared().slice(), slice);
}

TEST_F(Layers, WindowsOfImagesBesideEachOtherChangeTogetherInOneStep) {
  const ItemId a = open("a.nrrd", test::volume({20, 20, 8}, {1, 1, 1}, [](const Vec3& p) { return p[0]; }));
  const ItemId b = open("b.nrrd", test::volume({20, 20, 8}, {1, 1, 1}, [](const Vec3& p) { return 2 * p[0]; }));
  document().show(a);
  beside(b);
  Look look = document().look();
  look.pairing.window = true;
  document().set_look(look);
  const render::Display before = document().find(b)->display;
  axial().presenter().preset('1');
  EXPECT_EQ(document().find(a)->display.width, 400);
  EXPECT_EQ(document().find(b)->display.width, 400);
  window->action(QStringLiteral("edit.undo"))->trigger();
  EXPECT_EQ(document().find(b)->display, before);
}

TEST_F(Layers, AnEmptyPaneBesideSaysWhatToDo) {
  open("a.nrrd", test::ball(16));
  window->action(QStringLiteral("view.side_by_side"))->trigger();
  EXPECT_NE(compared().picture({300, 300, 1}).hint.find("Compare beside the image"), std::string::npos);
}

}  // namespace
}  // namespace iso::gui
