// Keys, colours, the log, a small screen.

#include "window_fixture.h"

#include "gui/desk/theme.h"
#include "gui/desk/view_keys.h"
#include "gui/panels/keys_editor.h"
#include "gui/panels/log_window.h"
#include "gui/panels/preferences_dialog.h"
#include "gui/shell/settings_place.h"

#include <QAction>
#include <QClipboard>
#include <QComboBox>
#include <QDockWidget>
#include <QKeySequenceEdit>
#include <QLabel>
#include <QLineEdit>
#include <QMenuBar>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QTimer>
#include <QToolBar>

#include <fstream>

namespace iso::gui {
namespace {

namespace fs = std::filesystem;

class SettingsOfTheWindow : public test::WindowTest {
 protected:
  static void keep(QWidget* widget, const char* name) {
    rest(50);
    QDir{}.mkpath(QStringLiteral(ISO_BINARY_DIR "/screenshots"));
    EXPECT_TRUE(widget->grab().save(QStringLiteral(ISO_BINARY_DIR "/screenshots/%1.png").arg(QLatin1String{name})));
  }
  KeysEditor* keys_editor() {
    window->action(QStringLiteral("edit.keys"))->trigger();
    return window->findChild<KeysEditor*>();
  }
  static QPushButton* button(QWidget* in, const char* name) {
    return in->findChild<QPushButton*>(QString::fromLatin1(name));
  }
};

TEST_F(SettingsOfTheWindow, NoTwoActionsAreDeliveredWithTheSameKey) {
  EXPECT_GT(window->keys().actions().size(), 50U);
  for (const KeyAction& action : window->keys().actions()) {
    EXPECT_EQ(action.keys, action.defaults) << action.id << " lost a key to another action";
    for (const std::string& key : action.defaults)
      EXPECT_FALSE(key_sequences({key}).front().isEmpty()) << action.id << " has no key '" << key << "'";
    const QAction* const made = window->action(QString::fromStdString(action.id));
    if (made != nullptr) {
      EXPECT_EQ(made->shortcuts(), key_sequences(action.keys)) << action.id;
    }
  }
}

TEST_F(SettingsOfTheWindow, AKeyInUseIsRefusedUntilItIsTakenOver) {
  KeysEditor* const editor = keys_editor();
  editor->select("file.open_folder");
  auto* const key = editor->findChild<QKeySequenceEdit*>(QStringLiteral("keys.key"));
  key->setFocus();
  QTest::keyClick(key, Qt::Key_O, Qt::ControlModifier);
  const auto advice = [&] { return editor->findChild<QLabel*>(QStringLiteral("keys.advice"))->text(); };
  EXPECT_TRUE(wait_until([&] { return advice().contains(QStringLiteral("is used by 'Open ...'")); }))
      << advice().toStdString();
  EXPECT_EQ(window->action(QStringLiteral("file.open"))->shortcut(), QKeySequence{QStringLiteral("Ctrl+O")});
  keep(editor->window(), "keys");
  QTest::mouseClick(button(editor, "keys.assign"), Qt::LeftButton);
  EXPECT_EQ(window->action(QStringLiteral("file.open_folder"))->shortcut(), QKeySequence{QStringLiteral("Ctrl+O")});
  EXPECT_TRUE(window->action(QStringLiteral("file.open"))->shortcut().isEmpty());

  // The next start has it so, too.
  window.reset();
  window = std::make_unique<MainWindow>(*desktop, *settings);
  window->setProperty("testing", true);
  EXPECT_EQ(window->action(QStringLiteral("file.open_folder"))->shortcut(), QKeySequence{QStringLiteral("Ctrl+O")});
  EXPECT_TRUE(window->action(QStringLiteral("file.open"))->shortcut().isEmpty());
  KeysEditor* const again = keys_editor();
  again->select("file.open");
  QTest::mouseClick(button(again, "keys.reset"), Qt::LeftButton);
  EXPECT_EQ(window->action(QStringLiteral("file.open"))->shortcut(), QKeySequence{QStringLiteral("Ctrl+O")});
  EXPECT_TRUE(window->action(QStringLiteral("file.open_folder"))->shortcut().isEmpty());
  window->keys().reset_all();
  settings->sync();
  EXPECT_TRUE(settings->childGroups().filter(QStringLiteral("keys")).isEmpty()) << "nothing differs, nothing is kept";
}

TEST_F(SettingsOfTheWindow, TheKeysOfTheViewsCanBeChangedToo) {
  open("ball.nrrd", test::ball(24));
  axial().setFocus();
  const std::int64_t slice = axial().presenter().slice();
  window->keys().take_over("slice.next", {"N"});
  QTest::keyClick(&axial(), Qt::Key_N);
  EXPECT_EQ(axial().presenter().slice(), slice + 1);
  QTest::keyClick(&axial(), Qt::Key_Up);
  EXPECT_EQ(axial().presenter().slice(), slice + 1) << "the key it was delivered with does nothing any more";
  QTest::keyClick(&axial(), Qt::Key_Down);
  EXPECT_EQ(axial().presenter().slice(), slice);
  window->keys().take_over("window.4", {"I"});
  QTest::keyClick(&axial(), Qt::Key_I);
  EXPECT_EQ(document().items()[0]->display.width, 2500) << "bone";
  EXPECT_FALSE(document().items()[0]->display.inverted);
}

TEST_F(SettingsOfTheWindow, TheColoursChangeAtOnceAndAreKept) {
  const auto lightness = [] { return QApplication::palette().color(QPalette::Window).lightness(); };
  window->action(QStringLiteral("view.theme_light"))->trigger();
  EXPECT_GT(lightness(), 200);
  EXPECT_EQ(settings->value(QStringLiteral("look/theme")).toString(), QStringLiteral("light"));
  open("ball.nrrd", test::ball(24));
  keep_picture(QStringLiteral("light"));
  window->action(QStringLiteral("edit.preferences"))->trigger();
  auto* const dialog = window->findChild<PreferencesDialog*>();
  ASSERT_NE(dialog, nullptr);
  keep(dialog, "preferences");
  auto* const theme = dialog->findChild<QComboBox*>(QStringLiteral("preferences.theme"));
  EXPECT_EQ(theme->currentText(), QStringLiteral("Light"));
  theme->setCurrentIndex(0);
  EXPECT_LT(lightness(), 80);
  EXPECT_EQ(settings->value(QStringLiteral("look/theme")).toString(), QStringLiteral("dark"));
}

TEST_F(SettingsOfTheWindow, PreferencesAreFollowedAtOnceAndAtTheNextStart) {
  window->action(QStringLiteral("edit.preferences"))->trigger();
  auto* const dialog = window->findChild<PreferencesDialog*>();
  const auto choose = [&](const char* name, int value) {
    auto* const box = dialog->findChild<QComboBox*>(QStringLiteral("preferences.%1").arg(QLatin1String{name}));
    ASSERT_NE(box, nullptr) << name;
    ASSERT_GE(box->findData(value), 0) << name;
    box->setCurrentIndex(box->findData(value));
  };
  const double usual = QApplication::font().pointSizeF();
  choose("text_percent", 135);
  EXPECT_NEAR(QApplication::font().pointSizeF(), 1.35 * usual, 0.01);
  choose("text_percent", 100);
  EXPECT_NEAR(QApplication::font().pointSizeF(), usual, 0.01);
  choose("detail", 128);
  EXPECT_EQ(window->views().volume_view()->limit(), 128 * 128 * 128);
  choose("frames_a_second", 25);
  EXPECT_EQ(window->findChild<QTimer*>(QStringLiteral("cine.clock"))->interval(), 40);
  choose("layout", 1);
  EXPECT_EQ(document().look().layout.arrangement, Arrangement::four_up) << "that of a start";
  window.reset();
  window = std::make_unique<MainWindow>(*desktop, *settings);
  window->setProperty("testing", true);
  EXPECT_EQ(document().look().layout.arrangement, Arrangement::one_up);
  EXPECT_EQ(window->views().volume_view()->limit(), 128 * 128 * 128);
  settings->setValue(QStringLiteral("look/text_percent"), QStringLiteral("nonsense"));
  settings->setValue(QStringLiteral("cine/frames_a_second"), 0);
  window.reset();
  window = std::make_unique<MainWindow>(*desktop, *settings);  // a damaged value does no harm
  window->setProperty("testing", true);
  settings->remove(QStringLiteral("look/text_percent"));
  window.reset();
  window = std::make_unique<MainWindow>(*desktop, *settings);
  EXPECT_NEAR(QApplication::font().pointSizeF(), usual, 0.01);
}

TEST_F(SettingsOfTheWindow, AsTheSystemFollowsItsColoursWhileTheProgramRuns) {
  const auto dark = [] { return QApplication::palette().color(QPalette::Window).lightness() < 128; };
  bool system = true;
  set_system_is_dark([&system] { return system; });
  window->action(QStringLiteral("view.theme_system"))->trigger();
  EXPECT_TRUE(dark());
  const auto tell = [this] {
    QEvent event{QEvent::ThemeChange};
    QApplication::sendEvent(window->windowHandle(), &event);
  };
  system = false;
  EXPECT_TRUE(dark()) << "nobody has told yet";
  tell();
  EXPECT_TRUE(wait_until([&] { return !dark(); }));
  EXPECT_TRUE(wait_until([&] { return window->palette().color(QPalette::Base).lightness() > 200; }))
      << "the window has them, too";
  system = true;
  QEvent changed{QEvent::ApplicationPaletteChange};
  QApplication::sendEvent(qApp, &changed);
  EXPECT_TRUE(wait_until(dark, 3000));
  window->action(QStringLiteral("view.theme_dark"))->trigger();
  system = false;
  tell();
  rest(50);
  EXPECT_TRUE(dark()) << "chosen by the user: the system is not asked";
  set_system_is_dark({});
  const QPalette ours = QApplication::palette();
  (void)system_is_dark();
  EXPECT_EQ(QApplication::palette(), ours) << "asking changes nothing";
}

TEST_F(SettingsOfTheWindow, TheLogIsShownFilteredAndCopied) {
  window->tell(QStringLiteral("something to be reported"));
  log::info("test", "an ordinary line");
  window->action(QStringLiteral("help.log"))->trigger();
  auto* const shown = window->findChild<LogWindow*>();
  ASSERT_NE(shown, nullptr);
  const auto text = [&] { return shown->findChild<QPlainTextEdit*>(QStringLiteral("log.text"))->toPlainText(); };
  EXPECT_TRUE(text().contains(QStringLiteral("something to be reported"))) << text().toStdString();
  shown->findChild<QComboBox*>(QStringLiteral("log.level"))->setCurrentIndex(2);
  EXPECT_TRUE(text().contains(QStringLiteral("[WARNING]")));
  EXPECT_FALSE(text().contains(QStringLiteral("[INFO]")));
  keep(shown, "log");
  log::warning("test", "one more");
  EXPECT_TRUE(wait_until([&] { return text().contains(QStringLiteral("one more")); })) << "it grows by itself";
  QTest::keyClicks(shown->findChild<QLineEdit*>(QStringLiteral("log.search")), QStringLiteral("reported"));
  EXPECT_FALSE(text().contains(QStringLiteral("one more")));
  QTest::mouseClick(button(shown, "log.copy"), Qt::LeftButton);
  const QString copied = QApplication::clipboard()->text();
  EXPECT_TRUE(copied.startsWith(QStringLiteral("version: "))) << copied.toStdString();
  EXPECT_TRUE(copied.contains(QStringLiteral("something to be reported")));
}

/// Whether a person can get at it: inside the window, or in something that scrolls, or in a tool bar that folds.
bool reachable(const QWidget* control, const QWidget* window) {
  for (const QWidget* at = control->parentWidget(); at != nullptr && at != window; at = at->parentWidget())
    if (qobject_cast<const QAbstractScrollArea*>(at) != nullptr || qobject_cast<const QToolBar*>(at) != nullptr)
      return true;
  const QRect place{control->mapTo(window, QPoint{}), control->size()};
  return window->rect().contains(place);
}

TEST_F(SettingsOfTheWindow, OnASmallScreenEveryControlCanBeReached) {
  open("ball.nrrd", test::ball(24));
  window->fit_small_screen();
  window->resize(800, 600);
  rest(100);
  EXPECT_LE(window->width(), 800);
  EXPECT_LE(window->height(), 600);
  const auto docks = window->findChildren<QDockWidget*>();
  ASSERT_GE(docks.size(), 6);
  for (QDockWidget* dock : docks) {
    dock->show();
    dock->raise();
    rest(30);
    EXPECT_LE(window->width(), 800) << dock->objectName().toStdString();
    EXPECT_LE(window->height(), 600) << dock->objectName().toStdString();
    for (const QWidget* control : dock->findChildren<QWidget*>()) {
      if (!control->isVisible() || control->focusPolicy() == Qt::NoFocus) continue;
      EXPECT_TRUE(reachable(control, window.get()))
          << dock->objectName().toStdString() << ": " << control->metaObject()->className() << " '"
          << control->accessibleName().toStdString() << "' '" << control->objectName().toStdString() << "'";
    }
  }
  EXPECT_GE(axial().width(), 60);
  keep_picture(QStringLiteral("small-screen"));
}

TEST(SettingsPlaces, ThePortableFileBesideTheProgramComesBeforeTheUsers) {
  const fs::path folder = fs::path{::testing::TempDir()} / ("iso_settings" + std::to_string(::getpid()));
  fs::create_directories(folder);
  const QString program = QString::fromStdString(folder.string());
  EXPECT_TRUE(settings_file(program).endsWith(QStringLiteral("/isocenter/isocenter.ini"))) << "the user's";
  std::ofstream{folder / "isocenter.ini"} << "[look]\ntheme=light\n";
  EXPECT_EQ(settings_file(program), program + QStringLiteral("/isocenter.ini"));
  qputenv("ISOCENTER_CONFIG", "elsewhere.ini");
  EXPECT_EQ(settings_file(program), QStringLiteral("elsewhere.ini"));
  qunsetenv("ISOCENTER_CONFIG");
  fs::remove_all(folder);
}

TEST(SettingsPlaces, DamagedSettingsAreMovedAsideAndBeginAnew) {
  const fs::path folder = fs::path{::testing::TempDir()} / ("iso_damaged" + std::to_string(::getpid()));
  fs::create_directories(folder);
  const QString file = QString::fromStdString((folder / "isocenter.ini").string());
  std::ofstream{file.toStdString(), std::ios::binary} << "[window\ngeometry=@ByteArray(\x01\x02\n===\n";
  QString note;
  const auto settings = open_settings(file, note);
  EXPECT_TRUE(note.contains(QStringLiteral("moved"))) << note.toStdString();
  EXPECT_TRUE(fs::exists(folder / "isocenter.ini.damaged"));
  settings->setValue(QStringLiteral("look/theme"), QStringLiteral("light"));
  settings->sync();
  EXPECT_EQ(settings->status(), QSettings::NoError);
  fs::remove_all(folder);
}

TEST(SettingsPlaces, TwoStartsThatFailedMeanSafeModeAndLivingOnesDoNotCount) {
  const fs::path file = fs::path{::testing::TempDir()} / ("iso_starts" + std::to_string(::getpid()) + ".ini");
  const QString key = QStringLiteral("start/unfinished");
  QSettings settings{QString::fromStdString(file.string()), QSettings::IniFormat};
  const QString dead = QStringLiteral("99999999");
  settings.setValue(key, QStringList{dead});
  EXPECT_FALSE(StartWatch{settings}.should_be_safe()) << "one failed";
  settings.setValue(key, QStringList{QStringLiteral("1"), QStringLiteral("1"), dead});
  EXPECT_FALSE(StartWatch{settings}.should_be_safe()) << "two others are starting at this moment";
  settings.setValue(key, QStringList{dead, dead});
  StartWatch third{settings};
  EXPECT_TRUE(third.should_be_safe());
  third.usable();
  EXPECT_FALSE(StartWatch{settings}.should_be_safe());
  fs::remove(file);
}

TEST_F(SettingsOfTheWindow, ShowEveryKeyThatTheViewsUnderstandAndNoOther) {
  const ItemId image = open("ball.nrrd", test::volume({24, 24, 24}, {1, 1, 1}, [](const Vec3& p) { return p[0]; }));
  document().add_label_map(image, "labels");
  desktop->tools().set_tool(Tool::brush);
  const auto understood = [&](const QKeySequence& key) {
    QKeyEvent event{QEvent::KeyPress, key[0].key(), key[0].keyboardModifiers()};
    QApplication::sendEvent(&axial(), &event);
    return event.isAccepted();
  };
  for (const KeyAction& action : window->keys().actions()) {
    if (action.group != "Slices") continue;
    for (const QKeySequence& key : key_sequences(action.keys)) EXPECT_TRUE(understood(key)) << action.id;
  }
  for (char letter = 'A'; letter <= 'Z'; ++letter) {
    const std::string key(1, letter);
    if (window->keys().find_by_key(key) != nullptr) continue;
    EXPECT_FALSE(understood(key_sequences({key}).front())) << key << " is in no table";
  }
}

}  // namespace
}  // namespace iso::gui
