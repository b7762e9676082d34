#include "iso/base/error.h"
#include "iso/job/executor.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace iso::job {
namespace {

/// Waits until stopped, or 20 ms for a task called "short"; counts how many run at once.
class Waiting final : public Executor {
 public:
  Record execute(const Recipe& recipe, const std::stop_token& stop, const OnEvent& on_event) override {
    const int now = ++running;
    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
    }
    Event begun;
    begun.state = State::running;
    on_event(begun);
    for (int i = 0; !stop.stop_requested() && (i < 20 || recipe.task != "short"); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    --running;
    Record record;
    record.recipe = recipe;
    record.state = stop.stop_requested() ? State::cancelled : State::done;
    return record;
  }
  std::atomic<int> running{0}, most{0};
};

Recipe named(const char* task) {
  Recipe recipe;
  recipe.task = task;
  return recipe;
}

TEST(Queue, RunsOneJobAtATimeInProcess) {
  const auto executor = std::make_shared<Waiting>();
  Queue queue{executor, nullptr, 1};
  const auto first = queue.submit(named("short"), Isolation::in_process);
  const auto second = queue.submit(named("short"), Isolation::in_process);
  EXPECT_EQ(queue.wait(first)->state, State::done);
  EXPECT_EQ(queue.wait(second)->state, State::done);
  EXPECT_EQ(executor->most, 1);
}

TEST(Queue, RunsSeveralWorkers) {
  const auto several = std::make_shared<Waiting>();
  Queue queue{nullptr, several, 3};
  std::vector<std::uint64_t> jobs;
  for (int i = 0; i < 6; ++i) jobs.push_back(queue.submit(named("short"), Isolation::worker));
  for (const auto job : jobs) EXPECT_EQ(queue.wait(job)->state, State::done);
  EXPECT_GE(several->most, 2);
  EXPECT_LE(several->most, 3);
}

TEST(Queue, CancelsRunningAndWaitingJobs) {
  Queue queue{std::make_shared<Waiting>(), nullptr, 1};
  std::atomic<int> ends{0};
  const auto running = queue.submit(named("long"), Isolation::in_process);
  const auto waiting =
      queue.submit(named("long"), Isolation::in_process, [&](const Event& e) { ends += ended(e.state); });
  queue.cancel(waiting);
  queue.cancel(running);
  EXPECT_EQ(queue.wait(running)->state, State::cancelled);
  EXPECT_EQ(queue.wait(waiting)->state, State::cancelled);
  EXPECT_EQ(queue.state(waiting), State::cancelled);
  EXPECT_EQ(ends, 1);
  queue.cancel(99);
  EXPECT_FALSE(queue.wait(99).has_value());
}

TEST(Queue, CancelsWhatIsLeftWhenItGoes) {
  const auto executor = std::make_shared<Waiting>();
  {
    Queue queue{executor, nullptr, 1};
    (void)queue.submit(named("long"), Isolation::in_process);
    (void)queue.submit(named("long"), Isolation::in_process);
  }
  EXPECT_EQ(executor->running, 0);
}

TEST(Queue, RefusesAWayItCannotRun) {
  Queue queue{std::make_shared<Waiting>(), nullptr, 1};
  EXPECT_THROW((void)queue.submit(named("short"), Isolation::worker), Error);
}

}  // namespace
}  // namespace iso::job
