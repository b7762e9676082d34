// Pictures of the manual that need no run of a method: planes turned, a series over time, an overlay drawn aside, dialogs.

#include "dialog_samples.h"
#include "series_sample.h"
#include "window_fixture.h"

#include "gui/panels/keys_editor.h"
#include "gui/panels/log_window.h"
#include "gui/panels/preferences_dialog.h"
#include "gui/views/time_profile_view.h"

#include "iso/evaluation/phantoms.h"

#include <QAction>
#include <QComboBox>
#include <QStatusBar>

#include <cmath>
#include <numbers>

namespace iso::gui {
namespace {

namespace fs = std::filesystem;

class TourOfDetails : public test::WindowTest {
 protected:
  void come_to_rest() {
    wait_until([&] { return desktop->background().running() == 0; });
    rest(500);
    window->statusBar()->clearMessage();
  }
};

/// Two chambers in a chest that fill and empty, 25 frames a beat; values as a magnitude image of MR has them.
DatasetPtr beating_heart() {
  constexpr std::int64_t side = 160, frames = 25;
  Volume data;
  data.grid = VoxelGrid::centred({side, side, 1}, {1.8, 1.8, 8});
  PixelBuffer buffer = PixelBuffer::allocate({Shape{side, side, 1, frames}, ScalarType::f32});
  const auto within = [](double x, double y, double cx, double cy, double a, double b) {
    return std::hypot((x - cx) / a, (y - cy) / b);
  };
  const auto soft = [](double distance, double width) { return 1 / (1 + std::exp((distance - 1) / width)); };
  auto values = buffer.values<float>();
  std::size_t at = 0;
  for (std::int64_t t = 0; t < frames; ++t) {
    const double beat = std::pow(std::sin(std::numbers::pi * static_cast<double>(t) / frames), 2);
    for (std::int64_t j = 0; j < side; ++j)
      for (std::int64_t i = 0; i < side; ++i) {
        const Vec3 p = data.grid.to_world({static_cast<double>(i), static_cast<double>(j), 0});
        const double x = p[0], y = p[1];
        double value = 260 * soft(within(x, y, 0, 0, 125, 92), 0.01) - 120 * soft(within(x, y, 0, 0, 116, 83), 0.012);
        value -= 110 * soft(within(x, y, -62, -4, 42, 60), 0.03) + 110 * soft(within(x, y, 72, 4, 34, 56), 0.03);
        value += 120 * soft(within(x, y, 18, -18, 46 - 3 * beat, 42 - 3 * beat), 0.03);
        value += 330 * soft(within(x, y, 24, -16, 27 - 10 * beat, 25 - 9 * beat), 0.04);
        value += 300 * soft(within(x, y, -14, -26, 17 - 5 * beat, 24 - 6 * beat), 0.05);
        value += 200 * soft(within(x, y, 20, 48, 9, 9), 0.08);
        // Noise that depends on the place alone, so that the picture is the same everywhere.
        value += 14 * std::sin(12.9898 * static_cast<double>(i) + 78.233 * static_cast<double>(j) +
                               3.7 * static_cast<double>(t) + std::sin(4.1 * static_cast<double>(i * j % 97)));
        values[at++] = static_cast<float>(std::max(0.0, value));
      }
  }
  data.pixels = std::move(buffer);
  return freeze(std::move(data));
}

TEST_F(TourOfDetails, TurnsThePlanesAboutTheCrosshair) {
  const auto head = evaluation::forbild_like_head(8);
  document().add(
      "head phantom",
      test::volume({128, 128, 128}, {1.6, 1.6, 1.6}, [&](const Vec3& p) { return 1000 * head.value_at(p) - 1000; }),
      "head.nrrd");
  come_to_rest();
  axial().setFocus();
  QTest::keyClick(&axial(), Qt::Key_5);  // brain
  window->action(QStringLiteral("tool.crosshair"))->trigger();
  drag(axial(), Qt::LeftButton, middle(axial()) + QPoint{90, 0}, middle(axial()) + QPoint{78, -45},
       Qt::ControlModifier);
  EXPECT_NE(document().look().planes.turn, identity3);
  come_to_rest();
  keep_for_manual(QStringLiteral("oblique"));
}

TEST_F(TourOfDetails, ShowsASeriesOverTime) {
  document().add("heart phantom", beating_heart(), "heart.nrrd");
  window->action(QStringLiteral("tool.line"))->trigger();
  const QPoint centre = middle(axial());
  const double mm = axial().presenter().picture(axial().view_size()).mm_per_pixel;
  const auto at = [&](double x, double y) { return centre + QPoint{qRound(x / mm), qRound(y / mm)}; };
  drag(axial(), Qt::LeftButton, at(-40, -22), at(60, -16));
  ASSERT_TRUE(wait_until([&] { return window->views().time_view()->isVisible(); }));
  axial().setFocus();
  for (int i = 0; i < 8; ++i) QTest::keyClick(&axial(), Qt::Key_Right);
  come_to_rest();
  keep_for_manual(QStringLiteral("cine"));
}

TEST_F(TourOfDetails, ListsTheSeriesOfAFolder) {
  if (const auto why = iso::test::why_without(test::sample_study)) GTEST_SKIP() << *why;
  window->choose_series(iso::test::shared_data() / test::sample_study, false);
  SeriesDialog* const dialog = test::listed_series(*window);
  ASSERT_NE(dialog, nullptr) << window->told().toStdString();
  rest(200);
  keep_for_manual(QStringLiteral("series"), dialog);
}

TEST_F(TourOfDetails, ChangesAKeyAndReadsALog) {
  window->action(QStringLiteral("edit.keys"))->trigger();
  auto* const preferences = window->findChild<PreferencesDialog*>();
  ASSERT_NE(preferences, nullptr);
  preferences->findChild<KeysEditor*>()->select("file.open_folder");
  rest(200);
  keep_for_manual(QStringLiteral("keys"), preferences);
  preferences->close();
  const fs::path logs = folder / "sample-logs";  // the window writes its own, when it stalls, to "logs"
  test::write_sample_log(logs);
  const LogBook book{logs};
  LogWindow log{book, window.get()};
  log.setAttribute(Qt::WA_DeleteOnClose, false);
  log.show();
  log.findChild<QComboBox*>(QStringLiteral("log.file"))->setCurrentIndex(1);
  rest(200);
  keep_for_manual(QStringLiteral("log"), &log);
}

}  // namespace
}  // namespace iso::gui
