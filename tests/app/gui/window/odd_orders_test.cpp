// What people do in orders that nobody planned: nothing crashes, and no work is lost.

#include "window_fixture.h"

#include "dialogs.h"

#include "gui/desk/interaction_controller.h"
#include "gui/model/session.h"
#include "gui/panels/data_panel.h"
#include "gui/panels/job_panel.h"
#include "gui/panels/method_panel.h"
#include "gui/panels/provenance_dialog.h"

#include "iso/evaluation/phantoms.h"

#include <QAction>
#include <QPushButton>

#include <numbers>

namespace iso::gui {
namespace {

namespace fs = std::filesystem;

class OddOrders : public test::WindowTest {
 protected:
  ItemId open_scan(const std::string& name = "scan.h5", std::int64_t views = 40) {
    const auto geometry = ProjectionGeometry::parallel(equal_angles(static_cast<std::size_t>(views), std::numbers::pi),
                                                       {95, 1}, {1.4, 1.4});
    return open(name, freeze(evaluation::project(evaluation::shepp_logan_2d(60), geometry, 2)));
  }
  /// A job from the form: short, or one that runs until it is cancelled.
  std::uint64_t run(bool forever = false) {
    window->methods().open_task(forever ? "sparse_view_ct/tv" : "sparse_view_ct/cgls");
    TaskForm& form = *window->methods().form();
    form.set("iterations", forever ? "100000" : "5");
    if (forever) form.set("size", "512");
    if (forever) form.set("tolerance", "0");
    EXPECT_TRUE(form.valid()) << form.first_problem();
    window->methods().findChild<QPushButton*>(QStringLiteral("run"))->click();
    return window->job_panel().shown();
  }
  const JobState& job(std::uint64_t id) { return *desktop->jobs().find(id); }
  bool until_ended(std::uint64_t id) {
    return wait_until([&] { return job::ended(job(id).state); });
  }
  bool until_running(std::uint64_t id) {
    return wait_until([&] { return job(id).state == job::State::running && job(id).fraction > 0; });
  }
  ItemId reconstruct() {
    const std::uint64_t id = run();
    EXPECT_TRUE(until_ended(id));
    EXPECT_EQ(job(id).state, job::State::done) << job(id).message;
    return job(id).results.empty() ? ItemId{0} : job(id).results.front();
  }
  ProvenanceDialog* provenance(ItemId item) {
    Q_EMIT window->findChild<DataPanel*>()->provenance_asked(item);
    return window->findChild<ProvenanceDialog*>();
  }
  void trigger(const char* name) { window->action(QString::fromLatin1(name))->trigger(); }
};

TEST_F(OddOrders, AJobCancelledTwiceIsCancelledOnceAndCanBeTriedAgain) {
  open_scan();
  const std::uint64_t id = run(true);
  ASSERT_TRUE(until_running(id));
  auto* const cancel = window->job_panel().findChild<QPushButton*>(QStringLiteral("cancel"));
  cancel->click();
  desktop->jobs().cancel(id);
  cancel->click();
  ASSERT_TRUE(until_ended(id));
  EXPECT_EQ(job(id).state, job::State::cancelled);
  desktop->jobs().cancel(id);
  EXPECT_EQ(document().preview(), nullptr);
  window->job_panel().findChild<QPushButton*>(QStringLiteral("retry"))->click();
  const std::uint64_t again = window->job_panel().shown();
  ASSERT_NE(again, id);
  ASSERT_TRUE(until_running(again));
  desktop->jobs().forget(again);  // a running one stays
  ASSERT_NE(desktop->jobs().find(again), nullptr);
  desktop->jobs().cancel(again);
  ASSERT_TRUE(until_ended(again));
  EXPECT_EQ(document().items().size(), 1U);
}

TEST_F(OddOrders, AJobWhoseDataAreClosedGoesOnAndBothComeBackByUndo) {
  const ItemId scan = open_scan();
  const std::uint64_t id = run();
  document().remove(scan);
  ASSERT_TRUE(until_ended(id));
  EXPECT_EQ(job(id).state, job::State::done) << job(id).message;
  ASSERT_EQ(document().items().size(), job(id).results.size());
  EXPECT_EQ(document().look().layout.base, document().items().front()->id) << "the result is shown";
  trigger("edit.undo");
  EXPECT_TRUE(document().items().empty());
  trigger("edit.undo");
  ASSERT_EQ(document().items().size(), 1U);
  EXPECT_EQ(document().items().front()->id, scan);
  trigger("edit.redo");
  trigger("edit.redo");
  EXPECT_EQ(document().items().size(), job(id).results.size());
  rest(50);
}

TEST_F(OddOrders, DataClosedWhileTheyAreShownInTheMakingLeaveNoPicture) {
  const ItemId scan = open_scan();
  const std::uint64_t id = run(true);
  ASSERT_TRUE(wait_until([&] { return document().preview() != nullptr; }));
  document().remove(scan);
  rest(50);
  desktop->jobs().cancel(id);
  ASSERT_TRUE(until_ended(id));
  EXPECT_EQ(document().preview(), nullptr);
  EXPECT_TRUE(document().items().empty());
  trigger("edit.undo");
  EXPECT_EQ(document().look().layout.base, scan) << "shown as it was";
  rest(50);
}

TEST_F(OddOrders, TwoJobsWaitForEachOtherAndBothResultsEnter) {
  open_scan();
  const std::uint64_t first = run(), second = run(), third = run();
  desktop->jobs().cancel(second);  // waiting, or begun
  ASSERT_TRUE(until_ended(first) && until_ended(second) && until_ended(third));
  EXPECT_EQ(job(first).state, job::State::done) << job(first).message;
  EXPECT_EQ(job(third).state, job::State::done) << job(third).message;
  std::size_t expected = 1, steps = 0;
  for (const std::uint64_t id : {first, second, third}) {
    expected += job(id).results.size();
    steps += !job(id).results.empty();
  }
  EXPECT_EQ(document().items().size(), expected);
  for (std::size_t i = 0; i < steps; ++i) trigger("edit.undo");
  EXPECT_EQ(document().items().size(), 1U);
  for (std::size_t i = 0; i < steps; ++i) trigger("edit.redo");
  EXPECT_EQ(document().items().size(), expected);
}

TEST_F(OddOrders, TheWindowClosesWhileOneJobRunsAnotherWaitsAndAReplayIsOpen) {
  open_scan();
  const ItemId result = reconstruct();
  const std::uint64_t running = run(true);
  ASSERT_TRUE(until_running(running));
  (void)run();
  ProvenanceDialog* const dialog = provenance(result);
  ASSERT_NE(dialog, nullptr);
  dialog->findChild<QPushButton*>(QStringLiteral("replay"))->click();
  QElapsedTimer clock;
  clock.start();
  EXPECT_TRUE(window->close());
  window.reset();
  desktop.reset();
  EXPECT_LT(clock.elapsed(), test::patience_ms) << "a worker that does not end by itself is ended";
}

TEST_F(OddOrders, TheWindowClosesWhileAFileIsRead) {
  const DatasetPtr data = test::volume({96, 96, 96}, {1, 1, 1}, [](const Vec3& p) { return p[0]; });
  io::write(folder / "large.nrrd", *data);
  for (int i = 0; i < 3; ++i) window->open_file(folder / "large.nrrd");
  EXPECT_TRUE(window->close());
  window.reset();
  desktop.reset();
}

TEST_F(OddOrders, AReplayBehindARunningJobIsCancelledWhereItWaits) {
  open_scan();
  const ItemId result = reconstruct();
  const std::uint64_t running = run(true);
  ASSERT_TRUE(until_running(running));
  ProvenanceDialog* const dialog = provenance(result);
  ASSERT_NE(dialog, nullptr);
  auto* const replay = dialog->findChild<QPushButton*>(QStringLiteral("replay"));
  replay->click();
  ASSERT_TRUE(wait_until([&] { return dialog->job() != 0; }));
  const std::uint64_t waiting = dialog->job();
  EXPECT_FALSE(job::ended(job(waiting).state));
  replay->click();
  ASSERT_TRUE(until_ended(waiting));
  EXPECT_EQ(job(waiting).state, job::State::cancelled);
  EXPECT_FALSE(job::ended(job(running).state)) << "the other goes on";
  replay->click();
  ASSERT_TRUE(wait_until([&] { return dialog->job() != waiting; }));
  desktop->jobs().cancel(running);
  ASSERT_TRUE(until_ended(dialog->job()));
  ASSERT_TRUE(job(dialog->job()).comparison.has_value()) << job(dialog->job()).message;
  EXPECT_TRUE(job(dialog->job()).comparison->same_bits);
  dialog->close();
  rest(20);
}

TEST_F(OddOrders, AResultTakenBackWhileItIsComparedLeavesTheOtherImage) {
  open_scan();
  const ItemId first = reconstruct(), second = reconstruct();
  Look look = document().look();
  look.layout.arrangement = Arrangement::side_by_side;
  look.layout.base = first;
  look.layout.compared = second;
  document().set_look(look);
  rest(200);  // its figures are being made
  trigger("edit.undo");
  rest(200);
  EXPECT_EQ(document().find(second), nullptr);
  EXPECT_EQ(document().look().layout.compared, 0U);
  ASSERT_NE(document().find(document().look().layout.base), nullptr);
  trigger("edit.redo");
  EXPECT_NE(document().find(second), nullptr);
  rest(100);
  document().remove(first);
  rest(100);
  EXPECT_NE(document().find(document().look().layout.base), nullptr);
}

TEST_F(OddOrders, ASessionWhoseFilesAreGoneIsNotSavedOverByWhatIsLeft) {
  const ItemId scan = open_scan();
  (void)reconstruct();
  const fs::path session = folder / "work.isocenter.json";
  window->save_session(session);
  ASSERT_TRUE(wait_until([&] { return !window->isWindowModified(); })) << window->told().toStdString();
  const std::size_t items = document().items().size();
  document().remove(scan);
  fs::rename(folder / "scan.h5", folder / "elsewhere.h5");
  window->open_session(session);
  ASSERT_TRUE(wait_until([&] { return !window->told().isEmpty(); }));
  EXPECT_TRUE(window->told().contains(QStringLiteral("scan.h5"))) << window->told().toStdString();
  EXPECT_TRUE(window->told().contains(QStringLiteral("another name"))) << window->told().toStdString();
  EXPECT_EQ(document().items().size(), items - 1);
  EXPECT_FALSE(window->windowTitle().contains(QStringLiteral("work.isocenter"))) << "Ctrl+S must not replace it";
  keep_picture(QStringLiteral("session-files-gone"));
  fs::rename(folder / "elsewhere.h5", folder / "scan.h5");
  window->open_session(session);
  ASSERT_TRUE(wait_until([&] { return document().items().size() == items; })) << window->told().toStdString();
}

TEST_F(OddOrders, ASessionOpenedOverUnsavedWorkAsksFirst) {
  open_scan();
  const fs::path session = folder / "other.isocenter.json";
  {
    Document other;
    other.add("ball", test::ball(12), {});
    write_session(prepare_session(other, session));
  }
  const ItemId result = reconstruct();
  window->setProperty("testing", false);
  {
    test::Answer stay{QStringLiteral("Cancel")};
    window->open_file(session);
    ASSERT_TRUE(stay.given());
    EXPECT_TRUE(stay.question().contains(QStringLiteral("not saved"))) << stay.question().toStdString();
  }
  rest(100);
  EXPECT_NE(document().find(result), nullptr);
  const fs::path mine = folder / "mine.isocenter.json";
  window->save_session(mine);
  ASSERT_TRUE(wait_until([&] { return !window->isWindowModified(); }));
  const ItemId second = reconstruct();
  ASSERT_NE(second, 0U);
  const std::size_t items = document().items().size();
  test::Answer save{QStringLiteral("Save session first")};
  window->open_file(session);
  ASSERT_TRUE(save.given());
  ASSERT_TRUE(wait_until([&] { return document().items().size() == 1; })) << window->told().toStdString();
  EXPECT_EQ(document().items().front()->name, "ball");
  EXPECT_EQ(read_session(mine).items.size(), items);
}

TEST_F(OddOrders, AResultThatComesAfterAnotherSessionWasOpenedEntersThere) {
  open_scan();
  const fs::path session = folder / "other.isocenter.json";
  {
    Document other;
    other.add("ball", test::ball(12), {});
    write_session(prepare_session(other, session));
  }
  const std::uint64_t id = run();
  window->open_session(session);
  ASSERT_TRUE(until_ended(id));
  ASSERT_TRUE(wait_until([&] { return document().items().front()->name == "ball"; })) << window->told().toStdString();
  EXPECT_EQ(job(id).state, job::State::done) << job(id).message;
  EXPECT_EQ(document().preview(), nullptr);
  for (const ItemId result : job(id).results)
    EXPECT_NE(document().find(result), nullptr) << "a number of the work before means nothing here";
}

TEST_F(OddOrders, ClicksEndWhenAnotherSessionIsOpened) {
  open("disc.nrrd", test::ball(32));
  auto* const clicking = window->findChild<InteractionController*>();
  clicking->begin("example/region_growing");
  clicking->click({0, 0, 0}, true);
  const fs::path session = folder / "other.isocenter.json";
  {
    Document other;
    other.add("ball", test::ball(12), {});
    write_session(prepare_session(other, session));
  }
  ASSERT_TRUE(wait_until([&] { return document().items().size() == 2; })) << window->told().toStdString();
  window->open_session(session);
  ASSERT_TRUE(wait_until([&] { return document().items().size() == 1; })) << window->told().toStdString();
  EXPECT_FALSE(clicking->active()) << "the image of that number is another";
  rest(200);
  EXPECT_EQ(document().items().size(), 1U);
}

}  // namespace
}  // namespace iso::gui
