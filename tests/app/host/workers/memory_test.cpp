#include "host/workers/worker_executor.h"
#include "support/job_tasks.h"
#include "support/process_memory.h"
#include "support/sanitizers.h"

#include "iso/base/memory.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>

namespace iso::host {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

class WorkerMemory : public ::testing::Test {
 protected:
  WorkerMemory() {
    options.program = ISO_BROKEN_WORKER;
    options.execution.scratch = folder;
    options.execution.preview_every = 1;
    fs::create_directories(folder);
    workspace->put("in", freeze(test::sample_volume(64)));
    executor = make_worker_executor(options, job::make_data_access(workspace, nullptr), workspace);
  }
  ~WorkerMemory() override { fs::remove_all(folder); }

  /// Runs a task until it hoards, cancels it, and says how long the answer and the end took.
  struct Times {
    Clock::duration answered{}, ended{};
  };
  Times cancel(const std::string& task) {
    std::stop_source stop;
    std::atomic<bool> hoarding{false};
    Clock::time_point asked, answered;
    std::jthread canceller{[&] {
      while (!hoarding) std::this_thread::sleep_for(1ms);
      asked = Clock::now();
      stop.request_stop();
    }};
    const job::Record record =
        executor->execute(test::sample_recipe(task), stop.get_token(), [&](const job::Event& event) {
          previews += event.data != nullptr;
          if (event.stage == "hoarding") hoarding = true;
          if (event.state == job::State::cancelling && answered == Clock::time_point{}) answered = Clock::now();
        });
    const auto ended = Clock::now();
    canceller.join();
    EXPECT_EQ(record.state, job::State::cancelled) << record.error_message;
    return {answered - asked, ended - asked};
  }

  WorkerOptions options;
  std::shared_ptr<job::Workspace> workspace = std::make_shared<job::Workspace>();
  std::shared_ptr<job::Executor> executor;
  int previews{0};
  fs::path folder = fs::path(::testing::TempDir()) / ("iso_worker_memory" + std::to_string(::getpid()));
};

TEST_F(WorkerMemory, IsAllBackWithinTwoSecondsOfACancel) {
  (void)cancel("hoard");  // what is loaded at the first job stays
  const std::size_t resident = resident_bytes(), segments = test::shared_segments();
  for (const char* task : {"hoard", "hoard_deaf", "hoard"}) {
    previews = 0;
    const Times times = cancel(task);
    EXPECT_EQ(previews, 5) << "they came as shared memory";
    EXPECT_LT(times.answered, 200ms) << task;
    EXPECT_LT(times.ended, 2s) << task;
    EXPECT_TRUE(test::children().empty()) << task;
    EXPECT_EQ(test::shared_segments(), segments) << task;
    EXPECT_TRUE(fs::is_empty(folder)) << task << " left its scratch folder";
    if (!test::sanitized) {
      EXPECT_LT(static_cast<double>(resident_bytes()), 1.05 * static_cast<double>(resident)) << task;
    }
    RecordProperty(std::string{task} + " ended ms",
                   static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(times.ended).count()));
  }
}

TEST_F(WorkerMemory, DoesNotGrowOverAHundredCrashes) {
  const auto crash = [&](int times) {
    for (int i = 0; i < times; ++i)
      ASSERT_EQ(executor->execute(test::sample_recipe("crash_segfault"), {}, {}).state, job::State::crashed);
  };
  crash(10);
  const std::size_t resident = resident_bytes(), segments = test::shared_segments();
  crash(100);
  if (!test::sanitized) {
    EXPECT_LT(static_cast<double>(resident_bytes()), 1.05 * static_cast<double>(resident));
  }
  EXPECT_EQ(test::shared_segments(), segments);
  EXPECT_TRUE(test::children().empty());
  EXPECT_TRUE(fs::is_empty(folder));
}

}  // namespace
}  // namespace iso::host
