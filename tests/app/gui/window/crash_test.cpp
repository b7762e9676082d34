#include "window_fixture.h"

#include "gui/panels/job_panel.h"
#include "support/job_tasks.h"
#include "support/process_memory.h"
#include "support/sanitizers.h"

#include "iso/base/memory.h"

#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QTabWidget>

#include <csignal>
#include <cstdlib>

namespace iso::gui {
namespace {

/// The desktop with workers whose tasks crash, hoard and hang on purpose.
class Crashes : public test::WindowTest {
 protected:
  static void SetUpTestSuite() { ::setenv("ISOCENTER_WORKER", ISO_BROKEN_WORKER, 1); }
  static void TearDownTestSuite() { ::unsetenv("ISOCENTER_WORKER"); }

  std::uint64_t start(const std::string& task) {
    job::Recipe recipe;
    recipe.task = "test/" + task;
    recipe.inputs = {{"volume", "workspace:item-" + std::to_string(document().selected())}};
    recipe.outputs = {{"volume", "workspace:volume"}};
    const std::uint64_t job = desktop->jobs().start(recipe, task);
    window->job_panel().show_job(job);
    return job;
  }
  const JobState& state(std::uint64_t job) { return *desktop->jobs().find(job); }
  bool until_ended(std::uint64_t job) {
    return wait_until([&] { return job::ended(state(job).state); });
  }
  QPushButton& button(const char* name) {
    return *window->job_panel().findChild<QPushButton*>(QString::fromLatin1(name));
  }
};

TEST_F(Crashes, AHundredInARowLeaveTheDesktopAliveAndItsMemoryAsItWas) {
  open("ball.nrrd", test::ball(64));
  const auto crash = [&](int times) {
    for (int i = 0; i < times; ++i) {
      const std::uint64_t job = start("crash_segfault");
      ASSERT_TRUE(until_ended(job)) << state(job).message;
      ASSERT_EQ(state(job).state, job::State::crashed);
      ASSERT_NE(state(job).message.find("signal 11"), std::string::npos) << state(job).message;
    }
  };
  constexpr double input_bytes = 64.0 * 64 * 64 * sizeof(float);
  crash(10);
  const std::size_t segments = iso::test::shared_segments();
  const auto resident = static_cast<double>(resident_bytes());
  crash(100);
  const auto after = static_cast<double>(resident_bytes());
  std::cout << "resident before and after 100 crashes: " << resident / 1048576 << " and " << after / 1048576
            << " MiB\n";
  if (!iso::test::sanitized) {
    EXPECT_LT(after - resident, 100 * input_bytes / 4) << "a crash keeps less than a quarter of its input";
  }
  EXPECT_EQ(iso::test::shared_segments(), segments);
  EXPECT_TRUE(iso::test::children().empty());
  EXPECT_EQ(desktop->jobs().jobs().size(), 110U);
  EXPECT_FALSE(desktop->jobs().busy());
  EXPECT_TRUE(window->told().contains(QStringLiteral("signal 11"))) << "one sentence";
  keep_picture(QStringLiteral("crashes"));
  const std::uint64_t good = start("noise");
  ASSERT_TRUE(until_ended(good));
  EXPECT_EQ(state(good).state, job::State::done) << "and it still works: " << state(good).message;
}

TEST_F(Crashes, AWarningOfARunStandsUnderItAndDoneIsSaidOnce) {
  open("ball.nrrd", test::ball(24));
  ASSERT_TRUE(until_ended(start("noise")));
  const auto* const words = window->job_panel().findChild<QLabel*>(QStringLiteral("job.message"));
  ASSERT_NE(words, nullptr);
  EXPECT_EQ(words->text().toStdString(), "Warning: noise is noise");
  EXPECT_EQ(window->job_panel().findChild<QTabWidget*>()->tabText(1), QStringLiteral("Log, 1 warning"));
}

TEST_F(Crashes, AreTriedAgainAtTheButton) {
  open("ball.nrrd", test::ball(24));
  const std::uint64_t job = start("waits");
  ASSERT_TRUE(wait_until([&] { return state(job).state == job::State::running && state(job).stage == "waiting"; }));
  EXPECT_FALSE(button("retry").isEnabled());
  ASSERT_EQ(iso::test::children().size(), 1U);
  ::kill(iso::test::children().front(), SIGKILL);
  ASSERT_TRUE(until_ended(job));
  EXPECT_EQ(state(job).state, job::State::crashed);
  EXPECT_NE(state(job).message.find("killed from outside"), std::string::npos) << state(job).message;
  ASSERT_TRUE(button("retry").isEnabled());
  button("retry").click();
  const std::uint64_t again = window->job_panel().shown();
  ASSERT_NE(again, job);
  ASSERT_TRUE(wait_until([&] { return state(again).state == job::State::running && state(again).stage == "waiting"; }))
      << state(again).message;
  button("cancel").click();
  ASSERT_TRUE(until_ended(again));
  EXPECT_EQ(state(again).state, job::State::cancelled);
  EXPECT_EQ(state(job).state, job::State::crashed) << "the first keeps its end";
}

TEST_F(Crashes, AreTriedAgainEvenWhenTheirInputWasClosed) {
  const ItemId item = open("ball.nrrd", test::ball(24));
  const std::uint64_t job = start("crash_abort");
  ASSERT_TRUE(until_ended(job));
  document().remove(item);
  button("retry").click();
  const std::uint64_t again = window->job_panel().shown();
  ASSERT_NE(again, job);
  ASSERT_TRUE(until_ended(again));
  EXPECT_NE(state(again).message.find("signal 6"), std::string::npos) << state(again).message;
}

/// A worker that does not hear a cancel is ended two seconds later; beside that, a cancel takes no longer than a short run
/// takes on this machine at this time.
TEST_F(Crashes, ACancelGivesBackAllMemoryWithinTwoSeconds) {
  open("ball.nrrd", test::ball(64));
  QElapsedTimer clock;
  clock.start();
  ASSERT_TRUE(until_ended(start("noise")));
  const auto short_run_ms = clock.elapsed();
  const auto hoard_and_cancel = [&](const char* task) {
    const std::uint64_t job = start(task);
    EXPECT_TRUE(wait_until([&] { return state(job).stage == "hoarding"; })) << state(job).message;
    EXPECT_EQ(iso::test::children().size(), 1U);
    clock.start();
    button("cancel").click();
    EXPECT_TRUE(wait_until([&] { return state(job).state == job::State::cancelling || job::ended(state(job).state); }))
        << "the cancel was not answered";
    EXPECT_TRUE(wait_until([&] { return iso::test::children().empty(); }));
    std::cout << task << " gave its memory back after " << clock.elapsed() << " ms; a short run takes " << short_run_ms
              << " ms\n";
    EXPECT_LT(clock.elapsed(), 2000 + 5 * short_run_ms) << task;
    EXPECT_TRUE(until_ended(job));
    EXPECT_EQ(state(job).state, job::State::cancelled);
    EXPECT_EQ(document().preview(), nullptr);
    rest(100);  // what was painted last is painted over
  };
  hoard_and_cancel("hoard");
  const std::size_t resident = resident_bytes(), segments = iso::test::shared_segments();
  for (const char* task : {"hoard", "hoard_deaf"}) {
    hoard_and_cancel(task);
    EXPECT_EQ(iso::test::shared_segments(), segments) << task;
    if (!iso::test::sanitized) {
      EXPECT_LT(resident_bytes(), resident + (std::size_t{32} << 20)) << task;
    }
  }
  EXPECT_EQ(document().items().size(), 2U) << "the image and the result of the short run";
}

}  // namespace
}  // namespace iso::gui
