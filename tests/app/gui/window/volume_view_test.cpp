// The 3-D view by mouse, keys and its panel; with software OpenGL rays are cast on a thread of their own.

#include "window_fixture.h"

#include "gui/desk/stall_watch.h"
#include "gui/views/graphics.h"

#include <QComboBox>
#include <QGroupBox>
#include <QPushButton>
#include <QSlider>

#include <algorithm>
#include <ctime>
#include <vector>

namespace iso::gui {
namespace {

double thread_ms() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return 1e3 * static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e6;
}

class VolumeWindow : public test::WindowTest {
 protected:
  VolumeView& volume() { return *window->views().volume_view(); }
  QGroupBox& panel() { return *window->findChild<QGroupBox*>(QStringLiteral("panel.volume")); }
  template <class T>
  T& control(const char* name) {
    for (T* const found : panel().findChildren<T*>())
      if (found->accessibleName() == QString::fromUtf8(name)) return *found;
    throw std::runtime_error{name};
  }
  bool settled() {
    rest(50);  // views find their size
    return wait_until([&] { return volume().finished(); });
  }
  QImage seen() { return volume().grab().toImage(); }
  /// Pixels that are neither black nor grey.
  static int coloured(const QImage& image) {
    int count = 0;
    for (int y = 0; y < image.height(); ++y)
      for (int x = 0; x < image.width(); ++x) {
        const QColor c = image.pixelColor(x, y);
        count += std::max({c.red(), c.green(), c.blue()}) - std::min({c.red(), c.green(), c.blue()}) > 60;
      }
    return count;
  }
};

TEST_F(VolumeWindow, IsCoarseWhileItTurnsAndFineWhenItRests) {
  if (graphics().card) GTEST_SKIP() << "a graphics card draws here";
  open("ball.nrrd", test::ball(96, 30));
  ASSERT_TRUE(settled());
  const QImage before = seen();
  QTest::mousePress(&volume(), Qt::LeftButton, {}, middle(volume()));
  bool coarse = false;
  for (int i = 1; i <= 1000 && (i <= 20 || !coarse); ++i) {  // until the caster has come to it
    const QPoint at = middle(volume()) + QPoint{4 * (i % 40), 2 * (i % 30)};
    QMouseEvent move{QEvent::MouseMove, QPointF{at},    volume().mapToGlobal(QPointF{at}),
                     Qt::NoButton,      Qt::LeftButton, {}};
    QApplication::sendEvent(&volume(), &move);
    rest(20);
    coarse = coarse || volume().stride() > 1;
  }
  EXPECT_TRUE(coarse);
  QTest::mouseRelease(&volume(), Qt::LeftButton, {}, middle(volume()));
  ASSERT_TRUE(settled());
  EXPECT_EQ(volume().stride(), 1);
  EXPECT_NE(seen(), before);
}

TEST_F(VolumeWindow, ADragCostsTheWindowsThreadNextToNothing) {
  if (graphics().card) GTEST_SKIP() << "a graphics card draws here";
  open("ball.nrrd", test::ball(128, 40));
  volume().set_preset("soft");
  ASSERT_TRUE(settled());
  Look look = document().look();
  look.layout.maximised = 4;
  document().set_look(look);
  ASSERT_TRUE(settled());
  std::vector<double> steps;
  for (int i = 1; i <= 20; ++i) {
    const double before = thread_ms();
    wheel(volume(), i % 2 == 0 ? 1 : -1);
    rest(30);
    steps.push_back(thread_ms() - before);
  }
  std::ranges::sort(steps);
  std::cout << "processor time of the window's thread in a step of the wheel and its pictures: median " << steps[10]
            << " ms, at most " << steps.back() << " ms\n";
  EXPECT_LT(steps[10], 50);
}

TEST_F(VolumeWindow, ThePanelShiftsCropsAndChoosesPresetsWithPictures) {
  open("ball.nrrd", test::ball(64, 24));
  ASSERT_TRUE(settled());
  auto& preset = control<QComboBox>("3-D rendering");
  ASSERT_TRUE(wait_until([&] { return !preset.itemIcon(0).isNull(); })) << "each has a picture of this volume";
  const QImage whole = seen();
  control<QSlider>("Crop x, to").setValue(50);
  EXPECT_DOUBLE_EQ(volume().crop().to[0], 0.5);
  ASSERT_TRUE(settled());
  EXPECT_NE(seen(), whole);
  QPushButton* back = nullptr;
  for (QPushButton* const button : panel().findChildren<QPushButton*>())
    if (button->text() == QStringLiteral("Whole volume")) back = button;
  ASSERT_NE(back, nullptr);
  back->click();
  ASSERT_TRUE(settled());
  EXPECT_EQ(seen(), whole);
  control<QSlider>("Shift of the opacity").setValue(90);
  ASSERT_TRUE(settled());
  EXPECT_NE(seen(), whole) << "less is seen";
  control<QSlider>("Shift of the opacity").setValue(0);
  Q_EMIT preset.activated(preset.findText(QStringLiteral("soft")));
  preset.setCurrentText(QStringLiteral("soft"));
  Q_EMIT preset.activated(preset.currentIndex());
  EXPECT_EQ(volume().preset(), "soft");
}

TEST_F(VolumeWindow, DrawsTheSurfacesOfLabelsAndAStrokeAddsToThem) {
  open("ball.nrrd", test::ball(48, 16));
  Look look = document().look();
  look.crosshair.visible = false;  // no coloured outlines
  document().set_look(look);
  ASSERT_TRUE(settled());
  const int before = coloured(seen());
  window->action(QStringLiteral("tool.brush"))->trigger();
  desktop->tools().sphere = true;
  desktop->tools().brush_radius_mm = 10;
  drag(axial(), Qt::LeftButton, middle(axial()), middle(axial()) + QPoint{10, 0});
  ASSERT_TRUE(wait_until([&] { return coloured(seen()) > before + 200; }));
  keep_picture(QStringLiteral("volume-labels"));
  volume().set_labels_shown(false);
  ASSERT_TRUE(settled());
  EXPECT_LT(coloured(seen()), before + 50);
}

TEST_F(VolumeWindow, TheCubeSaysWhichSideIsSeen) {
  open("ball.nrrd", test::ball(48, 16));
  ASSERT_TRUE(settled());
  const auto letters = [&] {
    std::string all;
    for (const render::MarkText& text : volume().cube().texts) all += text.words;
    return all;
  };
  EXPECT_EQ(letters(), "A");
  volume().setFocus();
  QTest::keyClick(&volume(), Qt::Key_3);
  EXPECT_EQ(letters(), "L");
  QTest::keyClick(&volume(), Qt::Key_7, Qt::ShiftModifier);
  EXPECT_EQ(letters(), "I");
}

TEST_F(VolumeWindow, AHiddenViewCastsNoRays) {
  open("ball.nrrd", test::ball(48, 16));
  ASSERT_TRUE(settled());
  window->action(QStringLiteral("view.one"))->trigger();
  const std::uint64_t made = volume().pictures_made();
  volume().set_preset("soft");
  volume().look_from('L');
  rest(100);
  EXPECT_EQ(volume().pictures_made(), made);
  window->action(QStringLiteral("view.four"))->trigger();
  ASSERT_TRUE(wait_until([&] { return volume().pictures_made() > made; }));
}

TEST(Graphics, KnowProgramsThatImitateACard) {
  EXPECT_TRUE(draws_by_processor("llvmpipe (LLVM 15.0.6, 256 bits)"));
  EXPECT_TRUE(draws_by_processor("Google SwiftShader"));
  EXPECT_FALSE(draws_by_processor("NVIDIA H200/PCIe/SSE2"));
  EXPECT_FALSE(draws_by_processor("Mesa Intel(R) UHD Graphics 620 (KBL GT2)"));
}

}  // namespace
}  // namespace iso::gui
