#include "window_fixture.h"

#include "gui/panels/field_editor.h"
#include "gui/panels/method_panel.h"
#include "gui/panels/preset_bar.h"
#include "gui/shell/about_dialog.h"
#include "gui/shell/help_window.h"

#include "iso/evaluation/phantoms.h"

#include <QAction>
#include <QClipboard>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QTableWidget>
#include <QTextBrowser>
#include <QToolButton>

#include <numbers>

namespace iso::gui {
namespace {

class Forms : public test::WindowTest {
 protected:
  ~Forms() override { std::filesystem::remove_all(test::own_config() / "isocenter"); }
  TaskForm& open_form(const char* task = "example/smoothing") {
    open("ball.nrrd", test::ball(24));
    window->methods().open_task(task);
    return *window->methods().form();
  }
  QLineEdit& field(const char* name) { return *window->methods().findChild<QLineEdit*>(QString::fromLatin1(name)); }
  void type(QLineEdit& line, const QString& text) {
    line.setFocus();
    line.selectAll();
    QTest::keyClicks(&line, text);
  }
  void keep(QWidget& widget, const QString& name) {
    rest(80);
    QDir{}.mkpath(QStringLiteral(ISO_BINARY_DIR "/screenshots"));
    EXPECT_TRUE(widget.grab().save(QStringLiteral(ISO_BINARY_DIR "/screenshots/") + name + QStringLiteral(".png")));
  }
};

TEST_F(Forms, ShowWhatIsWrongAtTheFieldItself) {
  TaskForm& form = open_form();
  QLineEdit& sigma = field("sigma_mm");
  type(sigma, QStringLiteral("400"));
  auto* const problem = sigma.parentWidget()->findChild<QLabel*>(QStringLiteral("problem"));
  ASSERT_NE(problem, nullptr);
  EXPECT_TRUE(problem->isVisible());
  EXPECT_TRUE(problem->text().contains(QStringLiteral("20")))
      << "the limit is named: " << problem->text().toStdString();
  EXPECT_FALSE(form.valid());
  EXPECT_FALSE(window->methods().findChild<QPushButton*>(QStringLiteral("run"))->isEnabled());
  keep_picture(QStringLiteral("form-invalid"));
  type(sigma, QStringLiteral("2"));
  EXPECT_FALSE(problem->isVisible());
  EXPECT_TRUE(form.valid());
}

TEST_F(Forms, ShowTheCardOfANetworkInABoxThatScrollsAndLeaveTheFormItsRoom) {
  const auto geometry = ProjectionGeometry::circular(
      equal_angles(24, 2 * std::numbers::pi),
      {.source_to_axis_mm = 400, .source_to_detector_mm = 550, .elements = {511, 1}, .element_pitch_mm = {1, 1}});
  open("scan.h5", freeze(evaluation::project(evaluation::shepp_logan_2d(90), geometry, 1)));
  window->methods().open_task("sinogram_upsampling/unet");
  raise("dock.methods");
  auto* const card = window->methods().findChild<QPlainTextEdit*>(QStringLiteral("card"));
  ASSERT_TRUE(wait_until([&] { return card->isVisible(); }));
  const QString words = card->toPlainText();
  EXPECT_TRUE(words.contains(QStringLiteral("unet"))) << words.toStdString();
  EXPECT_TRUE(card->isReadOnly());
  EXPECT_LE(card->height(), 8 * card->fontMetrics().lineSpacing());
  ASSERT_GT(card->verticalScrollBar()->maximum(), 0) << "it is longer than its box";
  card->setFocus();
  QTest::keyClick(card, Qt::Key_End, Qt::ControlModifier);
  EXPECT_EQ(card->verticalScrollBar()->value(), card->verticalScrollBar()->maximum()) << "its end is reached by a key";
  QTest::keyClick(card, Qt::Key_A, Qt::ControlModifier);
  QTest::keyClick(card, Qt::Key_C, Qt::ControlModifier);
  EXPECT_EQ(QApplication::clipboard()->text(), words) << "and can be taken along";
  auto* const run = window->methods().findChild<QPushButton*>(QStringLiteral("run"));
  EXPECT_TRUE(window->rect().contains(QRect{run->mapTo(window.get(), QPoint{}), run->size()}))
      << "the button is not pushed out";
  keep_picture(QStringLiteral("form-card"));
  window->methods().open_task("sparse_view_ct/tv");
  EXPECT_TRUE(wait_until([&] { return !card->isVisible(); })) << "a method without a network has none";
}

TEST_F(Forms, SayNoUnitThatTheLabelSays) {
  open_form("sparse_view_ct/tv");
  const auto words = [&](const char* name) {
    QStringList all;
    for (const QLabel* const label : field(name).parentWidget()->findChildren<QLabel*>()) all << label->text();
    return all;
  };
  EXPECT_FALSE(words("iterations").contains(QStringLiteral("iterations"))) << "its label is Iterations";
  EXPECT_TRUE(words("spacing_mm").contains(QStringLiteral("mm"))) << "a unit that the label does not say stays";
}

TEST_F(Forms, KeepThePresetsOfTheUser) {
  TaskForm& form = open_form();
  auto* const bar = window->methods().findChild<PresetBar*>();
  auto* const choice = bar->findChild<QComboBox*>(QStringLiteral("preset"));
  EXPECT_EQ(choice->currentText(), QStringLiteral("Defaults"));
  type(field("sigma_mm"), QStringLiteral("3.5"));
  EXPECT_EQ(choice->currentText(), QStringLiteral("(your values)"));
  ASSERT_TRUE(bar->save_as(QStringLiteral("very smooth"))) << window->told().toStdString();
  EXPECT_EQ(choice->currentText(), QStringLiteral("very smooth"));
  keep_picture(QStringLiteral("form-preset"));
  form.reset_all();
  EXPECT_EQ(choice->currentText(), QStringLiteral("Defaults"));
  EXPECT_EQ(field("sigma_mm").text(), QStringLiteral("1"));
  window->methods().open_task("example/smoothing");
  bar->choose(QStringLiteral("very smooth"));
  EXPECT_EQ(field("sigma_mm").text(), QStringLiteral("3.5"));
}

TEST_F(Forms, OfferThePresetsThatShip) {
  open_form("sparse_view_ct/tv");
  auto* const choice = window->methods().findChild<QComboBox*>(QStringLiteral("preset"));
  EXPECT_GE(choice->findText(QStringLiteral("needle 39 views tv")), 0);
  window->methods().findChild<PresetBar*>()->choose(QStringLiteral("needle 39 views tv"));
  const auto fields = window->methods().form()->fields();
  EXPECT_EQ(std::ranges::find(fields, "use_views", [](const auto& f) { return f.info.name; })->text, "39");
}

TEST_F(Forms, OpenTheHelpOfTheFieldThatHasTheFocus) {
  open_form("sparse_view_ct/tv");
  QApplication::setActiveWindow(window.get());  // no window manager does it here
  ASSERT_TRUE(field("use_views").isVisible());
  field("use_views").setFocus();
  ASSERT_TRUE(wait_until([&] { return QApplication::focusWidget() == &field("use_views"); }));
  window->action(QStringLiteral("help.contents"))->trigger();
  auto* const help = window->findChild<HelpWindow*>();
  ASSERT_NE(help, nullptr);
  EXPECT_EQ(help->page(), "method:sparse_view_ct/tv");
  EXPECT_EQ(help->findChild<QTextBrowser*>()->textCursor().selectedText(), QStringLiteral("--use-views"));
  keep(*help, QStringLiteral("help-method"));
  help->search(QStringLiteral("sinogram"));
  keep(*help, QStringLiteral("help-search"));
  help->search({});
  help->show_page("manual:desktop.md");
  EXPECT_EQ(help->page(), "manual:desktop.md");
  keep(*help, QStringLiteral("help-manual"));
}

TEST_F(Forms, OpenTheHelpOfTheMethodAtItsButton) {
  open_form();
  window->methods().findChild<QToolButton*>(QStringLiteral("help"))->click();
  auto* const help = window->findChild<HelpWindow*>();
  ASSERT_NE(help, nullptr);
  EXPECT_EQ(help->page(), "method:example/smoothing");
}

TEST_F(Forms, AreToldOfTheLibrariesThatWereLinked) {
  window->action(QStringLiteral("help.about"))->trigger();
  auto* const about = window->findChild<AboutDialog*>();
  ASSERT_NE(about, nullptr);
  keep(*about, QStringLiteral("about"));
  const auto libraries = desktop_libraries();
  for (const char* name : {"FFTW", "ITK", "Qt", "VTK"})
    EXPECT_NE(std::ranges::find(libraries, name, &Library::name), libraries.end()) << name;
  EXPECT_EQ(std::ranges::find(libraries, "Qt", &Library::name)->version, qVersion());
  EXPECT_EQ(about->findChildren<QTableWidget*>().front()->rowCount(), static_cast<int>(libraries.size()));
}

}  // namespace
}  // namespace iso::gui
