#include "window_fixture.h"

#include "gui/panels/job_panel.h"
#include "support/job_tasks.h"
#include "support/process_memory.h"
#include "support/sanitizers.h"

#include "iso/base/memory.h"

#include <QListWidget>
#include <QPushButton>

#include <signal.h>
#include <stdlib.h>

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
  bool until_ended(std::uint64_t job, int milliseconds = 10000) {
    return wait_until([&] { return job::ended(state(job).state); }, milliseconds);
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
  crash(10);
  const std::size_t resident = resident_bytes(), segments = iso::test::shared_segments();
  crash(100);
  const std::size_t after = resident_bytes();
  std::cout << "resident before and after 100 crashes: " << resident / 1048576 << " and " << after / 1048576
            << " MiB\n";
  if (!iso::test::sanitized) {
    EXPECT_LT(static_cast<double>(after), 1.05 * static_cast<double>(resident));
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

TEST_F(Crashes, ACancelGivesBackAllMemoryWithinTwoSeconds) {
  open("ball.nrrd", test::ball(64));
  const auto hoard_and_cancel = [&](const char* task) {
    const std::uint64_t job = start(task);
    EXPECT_TRUE(wait_until([&] { return state(job).stage == "hoarding"; })) << state(job).message;
    EXPECT_EQ(iso::test::children().size(), 1U);
    QElapsedTimer clock;
    clock.start();
    button("cancel").click();
    EXPECT_TRUE(wait_until([&] { return state(job).state == job::State::cancelling || job::ended(state(job).state); }));
    EXPECT_LT(clock.elapsed(), 200) << "the cancel was not answered";
    EXPECT_TRUE(wait_until([&] { return iso::test::children().empty(); }, 5000));
    EXPECT_LT(clock.elapsed(), 2000) << task;
    EXPECT_TRUE(until_ended(job));
    EXPECT_EQ(state(job).state, job::State::cancelled);
    EXPECT_EQ(document().preview(), nullptr);
    QTest::qWait(100);  // what was painted last is painted over
  };
  hoard_and_cancel("hoard");
  const std::size_t resident = resident_bytes(), segments = iso::test::shared_segments();
  for (const char* task : {"hoard", "hoard_deaf"}) {
    hoard_and_cancel(task);
    EXPECT_EQ(iso::test::shared_segments(), segments) << task;
    if (!iso::test::sanitized) {
      EXPECT_LT(static_cast<double>(resident_bytes()), 1.05 * static_cast<double>(resident)) << task;
    }
  }
  EXPECT_EQ(document().items().size(), 1U);
}

}  // namespace
}  // namespace iso::gui
