// What holds for every control of the window, its panels and its dialogs: no text is cut off, keys lead to it, it has a name.

#include "inspect.h"
#include "window_fixture.h"

#include "gui/panels/method_panel.h"

#include "iso/evaluation/phantoms.h"

#include <QAction>
#include <QDockWidget>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include <numbers>
#include <set>

namespace iso::gui {
namespace {

class EveryControl : public test::WindowTest {
 protected:
  void expect_sound(QWidget& shown, const std::string& state) {
    rest(30);
    expect_none(test::clipped_texts(shown), "cut off", state);
    expect_none(test::controls_without_keys(shown), "out of reach of the keys", state);
    expect_none(test::controls_without_names(shown), "without a name", state);
  }
  void expect_none(const QStringList& found, const char* what, const std::string& state) {
    for (const QString& line : found)  // once is enough for what is always there
      EXPECT_FALSE(seen_.insert((what + line).toStdString()).second)
          << what << ", " << state << ": " << line.toStdString();
  }
  void expect_sound_in_every_dock(const std::string& state) {
    expect_sound(*window, state);
    for (QDockWidget* dock : window->findChildren<QDockWidget*>()) {
      dock->show();
      dock->raise();
      expect_sound(*window, state + ", dock " + dock->windowTitle().toStdString());
    }
  }
  ItemId open_scan() {
    const auto geometry = ProjectionGeometry::parallel(equal_angles(40, std::numbers::pi), {95, 1}, {1.4, 1.4});
    return open("a_scan_with_a_long_name_of_its_own.h5",
                freeze(evaluation::project(evaluation::shepp_logan_2d(60), geometry, 1)));
  }

 private:
  std::set<std::string> seen_;
};

TEST_F(EveryControl, OfTheEmptyWindowIsSound) { expect_sound_in_every_dock("empty"); }

TEST_F(EveryControl, WithAnImageOpenIsSound) {
  open("an_image_with_a_long_name_of_its_own.nrrd", test::ball(32));
  expect_sound_in_every_dock("image open");
  for (const char* tool : {"tool.brush", "tool.erase", "tool.line"}) {
    window->action(QString::fromLatin1(tool))->trigger();
    expect_sound_in_every_dock(tool);
  }
  Look look = document().look();
  look.layout.compared = open("another.nrrd", test::ball(32, 9));
  look.layout.arrangement = Arrangement::side_by_side;
  document().set_look(look);
  rest(800);
  expect_sound_in_every_dock("compared");
}

TEST_F(EveryControl, OfEveryFormIsSound) {
  open("ball.nrrd", test::ball(24));
  open_scan();
  for (const plugin::TaskManifest* task : desktop->tasks()) {
    window->methods().open_task(task->id);
    rest(30);
    if (window->methods().form() == nullptr) continue;
    keep_picture(QStringLiteral("form-") +
                 QString::fromStdString(task->id).replace(QLatin1Char('/'), QLatin1Char('-')));
    expect_sound(*window, "form of " + task->id);
    for (const auto& field : window->methods().form()->fields())
      if (field.info.kind == params::FieldKind::integer || field.info.kind == params::FieldKind::real) {
        window->methods().form()->set(field.info.name, "no number");
        break;
      }
    expect_sound(*window, "form of " + task->id + " with a mistake in it");
  }
}

TEST_F(EveryControl, UnderAMessageIsSound) {
  window->tell(
      QStringLiteral(
          "'a_file_whose_name_is_so_long_that_it_fills_the_line_and_more_than_the_line.nrrd' cannot be read: the "
          "header says 512 x 512 x 300 voxels, the file ends after 17"),
      QStringLiteral("check that the copy of the file is complete"));
  expect_sound(*window, "message");
}

TEST_F(EveryControl, OfEveryDialogIsSound) {
  open("ball.nrrd", test::ball(24));
  const QStringList titles = test::for_each_dialog(*window, [&](QWidget& dialog, const QString& action) {
    keep_dialog(dialog);
    expect_sound(dialog, "dialog of '" + action.toStdString() + "'");
  });
  EXPECT_GE(titles.size(), 4) << titles.join(QStringLiteral(", ")).toStdString();
}

TEST_F(EveryControl, HasAShortcutOfItsOwn) {
  open("ball.nrrd", test::ball(24));
  EXPECT_EQ(test::shortcuts_used_twice(*window).join('\n').toStdString(), "");
}

/// The checks themselves, on a page with one of each mistake.
TEST(EveryControlCheck, FindsWhatItIsMadeToFind) {
  QWidget page;
  page.setWindowTitle(QStringLiteral("page"));
  auto* const label = new QLabel{QStringLiteral("a label much too long for its room"), &page};
  label->setGeometry(10, 10, 60, 20);
  auto* const wrapped =
      new QLabel{QStringLiteral("words that need several lines and have room for one of them only"), &page};
  wrapped->setWordWrap(true);
  wrapped->setGeometry(10, 40, 120, 18);
  auto* const button = new QPushButton{QStringLiteral("A button without room"), &page};
  button->setGeometry(10, 70, 50, 24);
  button->setFocusPolicy(Qt::NoFocus);
  auto* const outside = new QPushButton{QStringLiteral("Outside"), &page};
  outside->setGeometry(260, 100, 100, 24);
  auto* const nameless = new QSpinBox{&page};
  nameless->setGeometry(10, 130, 80, 24);
  auto* const fine = new QPushButton{QStringLiteral("Fine"), &page};
  fine->setGeometry(10, 160, 90, 26);
  page.resize(300, 200);
  page.show();
  ASSERT_TRUE(QTest::qWaitForWindowExposed(&page, test::patience_ms));
  const QString clipped = test::clipped_texts(page).join('\n');
  for (const char* words : {"a label much", "words that need", "A button without", "Outside"})
    EXPECT_TRUE(clipped.contains(QString::fromLatin1(words))) << words << "\nfound:\n" << clipped.toStdString();
  EXPECT_FALSE(clipped.contains(QStringLiteral("Fine"))) << clipped.toStdString();
  const QStringList unreachable = test::controls_without_keys(page), unnamed = test::controls_without_names(page);
  EXPECT_EQ(unreachable.size(), 1) << unreachable.join('\n').toStdString();
  EXPECT_TRUE(unreachable.join('\n').contains(QStringLiteral("A button without")))
      << unreachable.join('\n').toStdString();
  EXPECT_EQ(unnamed.size(), 1) << unnamed.join('\n').toStdString();
}

}  // namespace
}  // namespace iso::gui
