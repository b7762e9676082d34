#pragma once

#include "pictures.h"
#include "waiting.h"

#include "gui/shell/main_window.h"
#include "gui/shell/view_area.h"
#include "support/desktop_samples.h"

#include "iso/io/registry.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QCursor>
#include <QDir>
#include <QDockWidget>
#include <QElapsedTimer>
#include <QScreen>
#include <QSettings>
#include <QTest>

#include <unistd.h>

#include <filesystem>
#include <functional>
#include <memory>

namespace iso::gui::test {

/// The whole desktop with its window, settings and recovery folder of its own.
class WindowTest : public ::testing::Test {
 protected:
  static bool wait_until(const std::function<bool()>& what, int milliseconds = patience_ms) {
    return test::wait_until(what, milliseconds);
  }
  static void rest(int milliseconds) { test::rest(milliseconds); }

  WindowTest() {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    settings =
        std::make_unique<QSettings>(QString::fromStdString((folder / "settings.ini").string()), QSettings::IniFormat);
    DesktopOptions options;
    options.plugin_directories = {std::filesystem::path{ISO_BINARY_DIR} / "lib/isocenter/plugins"};
    options.recovery_parent = folder / "recovery";
    desktop = std::make_unique<Desktop>(options);
    window = std::make_unique<MainWindow>(*desktop, *settings);
    window->setProperty("testing", true);
    QCursor::setPos(QGuiApplication::primaryScreen()->geometry().bottomRight());  // nothing is hovered by chance
    window->resize(usual_size());
    window->show();
    EXPECT_TRUE(QTest::qWaitForWindowExposed(window.get(), patience_ms));
  }
  ~WindowTest() override {
    window.reset();
    desktop.reset();
    std::filesystem::remove_all(folder);
  }

  /// 1280 x 800, or at a scale factor of 2 a screen of 2560 x 1440.
  static QSize usual_size() { return qApp->devicePixelRatio() > 1 ? QSize{1280, 720} : QSize{1280, 800}; }

  /// Writes the data, opens the file as a user would, and waits for it.
  ItemId open(const std::string& name, const DatasetPtr& data) {
    const std::filesystem::path file = folder / name;
    io::write(file, *data, {.overwrite = true});
    const std::size_t before = document().items().size();
    window->open_file(file);
    EXPECT_TRUE(wait_until([&] { return document().items().size() > before; })) << window->told().toStdString();
    return document().selected();
  }

  Document& document() { return desktop->document(); }
  SliceView& axial() { return *window->views().slice_view(render::Orientation::axial); }
  QPoint middle(QWidget& widget) { return widget.rect().center(); }

  static void drag(QWidget& widget, Qt::MouseButton button, const QPoint& from, const QPoint& to,
                   Qt::KeyboardModifiers keys = {}) {
    QTest::mousePress(&widget, button, keys, from);
    for (int i = 1; i <= 5; ++i) {
      const QPoint at = from + (to - from) * i / 5;
      QMouseEvent move{QEvent::MouseMove, QPointF{at}, widget.mapToGlobal(QPointF{at}), Qt::NoButton, button, keys};
      QApplication::sendEvent(&widget, &move);
    }
    QTest::mouseRelease(&widget, button, keys, to);
  }
  static void wheel(QWidget& widget, int notches, Qt::KeyboardModifiers keys = {}) {
    const QPointF at = widget.rect().center();
    QWheelEvent event{at,   widget.mapToGlobal(at), {},   QPoint{0, 120 * notches}, Qt::NoButton,
                      keys, Qt::NoScrollPhase,      false};
    QApplication::sendEvent(&widget, &event);
  }
  /// Kept beside the build for the eye and for the manual.
  void keep_picture(const QString& name) {
    rest(50);
    const QString place = QStringLiteral(ISO_BINARY_DIR "/screenshots");
    QDir{}.mkpath(place);
    const QString scale = qApp->devicePixelRatio() > 1 ? QStringLiteral("@2x.png") : QStringLiteral(".png");
    EXPECT_TRUE(window->grab().save(place + QLatin1Char('/') + name + scale));
  }

  /// A picture of the manual: `cp build/release/screenshots/manual/* resources/docs/manual/pictures/` renews them all.
  void keep_for_manual(const QString& name, QWidget* dialog = nullptr) {
    rest(50);
    const QString place = QStringLiteral(ISO_BINARY_DIR "/screenshots/manual");
    QDir{}.mkpath(place);
    const QImage picture = few_colours((dialog == nullptr ? window.get() : dialog)->grab().toImage());
    EXPECT_TRUE(picture.save(place + QStringLiteral("/desktop-") + name + QStringLiteral(".png"), "PNG", 0));
  }
  void raise(const char* dock) {
    auto* const found = window->findChild<QDockWidget*>(QString::fromLatin1(dock));
    ASSERT_NE(found, nullptr) << dock;
    found->show();
    found->raise();
  }

  void keep_dialog(QWidget& dialog) {
    QString name = dialog.windowTitle().isEmpty() ? QStringLiteral("untitled") : dialog.windowTitle();
    for (QChar& c : name)
      if (!c.isLetterOrNumber()) c = QLatin1Char('_');
    const QString place = QStringLiteral(ISO_BINARY_DIR "/screenshots");
    QDir{}.mkpath(place);
    const QString scale = qApp->devicePixelRatio() > 1 ? QStringLiteral("@2x.png") : QStringLiteral(".png");
    EXPECT_TRUE(dialog.grab().save(place + QStringLiteral("/dialog-") + name + scale));
  }

  std::filesystem::path folder =
      std::filesystem::path{::testing::TempDir()} / ("iso_window_test" + std::to_string(::getpid()));
  std::unique_ptr<QSettings> settings;
  std::unique_ptr<Desktop> desktop;
  std::unique_ptr<MainWindow> window;
};

}  // namespace iso::gui::test
