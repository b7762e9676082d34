// The dialogs as pictures, compared with baselines as the steps of work are (main_steps_test.cpp), at both scales. What tells
// times, versions, paths or memory is set to something fixed before.

#include "dialog_samples.h"
#include "inspect.h"
#include "pictures.h"
#include "series_sample.h"
#include "window_fixture.h"

#include "gui/panels/keys_editor.h"
#include "gui/panels/log_window.h"
#include "gui/panels/preferences_dialog.h"
#include "gui/panels/provenance_dialog.h"
#include "gui/shell/about_dialog.h"
#include "gui/shell/help_window.h"

#include <QAction>
#include <QComboBox>
#include <QFontInfo>
#include <QLabel>
#include <QRegularExpression>
#include <QTableWidget>
#include <QTextBrowser>

namespace iso::gui {
namespace {

namespace fs = std::filesystem;

class PicturesOfDialogs : public test::WindowTest {
 protected:
  void SetUp() override {
    if (QFontInfo{QApplication::font()}.family() != QStringLiteral("DejaVu Sans"))
      GTEST_SKIP() << "the baselines are drawn with DejaVu Sans, which is not installed";
  }
  template <class Dialog>
  Dialog* asked_for(const char* action) {
    window->action(QString::fromLatin1(action))->trigger();
    return window->findChild<Dialog*>();
  }
  void expect_as_before(QWidget* dialog, const QString& name) {
    ASSERT_NE(dialog, nullptr) << name.toStdString();
    ASSERT_TRUE(QTest::qWaitForWindowExposed(dialog, test::patience_ms));
    rest(150);
    QImage picture = dialog->grab().toImage();
    const bool doubled = picture.devicePixelRatio() > 1;
    if (doubled)
      picture =
          picture.scaled(picture.size() / picture.devicePixelRatio(), Qt::IgnoreAspectRatio, Qt::SmoothTransformation);
    keep_dialog(*dialog);
    const QString file = QStringLiteral("dialog-") + name + (doubled ? QStringLiteral("_doubled") : QString{});
    const QString problem = test::compare_with_baseline(picture, file);
    EXPECT_TRUE(problem.isEmpty()) << problem.toStdString();
    EXPECT_EQ(test::clipped_texts(*dialog).join('\n').toStdString(), "") << "in '" << name.toStdString() << "'";
  }
};

TEST_F(PicturesOfDialogs, OfTheSeriesOfAFolder) {
  if (const auto why = iso::test::why_without(test::sample_study)) GTEST_SKIP() << *why;
  window->choose_series(iso::test::shared_data() / test::sample_study, false);
  SeriesDialog* const dialog = test::listed_series(*window);
  ASSERT_NE(dialog, nullptr) << window->told().toStdString();
  expect_as_before(dialog, QStringLiteral("series"));
}

TEST_F(PicturesOfDialogs, OfWhereAResultCameFrom) {
  const ItemId id = document().add_result("TV, 60 views", test::ball(16), test::sample_record());
  auto* const dialog = new ProvenanceDialog{*desktop, id, window.get()};
  dialog->show();
  expect_as_before(dialog, QStringLiteral("provenance"));
}

TEST_F(PicturesOfDialogs, OfThePreferencesAndTheKeys) {
  auto* const dialog = asked_for<PreferencesDialog>("edit.preferences");
  ASSERT_NE(dialog, nullptr);
  auto* const place = dialog->findChild<QLabel*>(QStringLiteral("preferences.place"));
  ASSERT_NE(place, nullptr);
  place->setText(QStringLiteral("~/.config/isocenter/isocenter.ini"));
  expect_as_before(dialog, QStringLiteral("preferences"));
  dialog->show_keys();
  dialog->findChild<KeysEditor*>()->select("file.open_folder");
  expect_as_before(dialog, QStringLiteral("keys"));
}

TEST_F(PicturesOfDialogs, OfTheLog) {
  const fs::path logs = folder / "sample-logs";  // the window writes its own, when it stalls, to "logs"
  test::write_sample_log(logs);
  const LogBook book{logs};
  LogWindow dialog{book, window.get()};
  dialog.setAttribute(Qt::WA_DeleteOnClose, false);
  dialog.show();
  auto* const files = dialog.findChild<QComboBox*>(QStringLiteral("log.file"));
  ASSERT_EQ(files->count(), 2);
  files->setCurrentIndex(1);
  expect_as_before(&dialog, QStringLiteral("log"));
}

TEST_F(PicturesOfDialogs, OfAbout) {
  auto* const dialog = asked_for<AboutDialog>("help.about");
  ASSERT_NE(dialog, nullptr);
  for (auto* const table : dialog->findChildren<QTableWidget*>())
    for (int row = 0; row < table->rowCount(); ++row) table->item(row, 1)->setText(QStringLiteral("1.2.3"));
  auto* const words = dialog->findChild<QLabel*>(QStringLiteral("about.words"));
  ASSERT_NE(words, nullptr);
  words->setText(words->text().replace(QRegularExpression{QStringLiteral("Isocenter [0-9.]+")},
                                       QStringLiteral("Isocenter 1.2.3")));
  expect_as_before(dialog, QStringLiteral("about"));
}

TEST_F(PicturesOfDialogs, OfTheHelpOfAMethodWithFormulas) {
  window->action(QStringLiteral("help.contents"))->trigger();
  auto* const help = window->findChild<HelpWindow*>();
  ASSERT_NE(help, nullptr);
  help->show_method("sparse_view_ct/tv", {});
  expect_as_before(help, QStringLiteral("help"));
}

/// What a reader sees in the end, of every page: Qt makes text of the Markdown.
TEST_F(PicturesOfDialogs, ShowNoFormulaRawInTheHelp) {
  window->action(QStringLiteral("help.contents"))->trigger();
  auto* const help = window->findChild<HelpWindow*>();
  ASSERT_NE(help, nullptr);
  int methods = 0;
  for (const plugin::TaskManifest* task : desktop->tasks()) {
    help->show_method(task->id, {});
    const QString text = help->findChild<QTextBrowser*>()->toPlainText();
    EXPECT_TRUE(text.contains(QString::fromStdString(task->about.title)));
    for (const QChar c : {QLatin1Char('$'), QLatin1Char('\\'), QLatin1Char('<')})
      EXPECT_FALSE(text.contains(c)) << task->id << ": " << text.mid(text.indexOf(c), 60).toStdString();
    ++methods;
  }
  EXPECT_GE(methods, 6);
}

}  // namespace
}  // namespace iso::gui
