#include "host/workers/confinement.h"
#include "host/workers/worker_executor.h"
#include "job/device_lock_impl.h"
#include "support/job_tasks.h"

#include "iso/base/temporary_folder.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>

namespace iso::host {
namespace {

using namespace std::chrono_literals;

/// Locks lie in a folder that no worker may write to, as those of a session do.
class WorkersOnADevice : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!confinement_support().complete()) GTEST_SKIP() << confinement_support().sentence();
    if (const char* const before = std::getenv("XDG_RUNTIME_DIR"); before != nullptr) before_ = before;
    ::setenv("XDG_RUNTIME_DIR", session.path().c_str(), 1);
    options.program = ISO_BROKEN_WORKER;
    options.execution.scratch = scratch.path();
    workspace->put("in", freeze(test::sample_volume()));
  }
  void TearDown() override {
    before_ ? ::setenv("XDG_RUNTIME_DIR", before_->c_str(), 1) : ::unsetenv("XDG_RUNTIME_DIR");
  }
  job::Record run(const job::OnEvent& on_event) {
    job::Recipe recipe = test::sample_recipe("noise");
    recipe.device = "cuda:7";
    return make_worker_executor(options, job::make_data_access(workspace, nullptr), workspace)
        ->execute(recipe, {}, on_event);
  }

  TemporaryFolder session{"iso_session"}, scratch{"iso_scratch"};
  WorkerOptions options;
  std::shared_ptr<job::Workspace> workspace = std::make_shared<job::Workspace>();

 private:
  std::optional<std::string> before_;
};

TEST_F(WorkersOnADevice, WaitUntilItsLockIsFree) {
  std::optional<job::DeviceLock> held{std::in_place, "cuda:7", std::stop_token{}, std::function<void()>{}};
  std::atomic<bool> waited{false}, freed{false}, computed_before{false};
  std::jthread other;
  const job::Record record = run([&](const job::Event& event) {
    if (event.stage == "waiting for the device" && !waited.exchange(true)) {
      other = std::jthread{[&] {
        std::this_thread::sleep_for(200ms);
        freed = true;
        held.reset();
      }};
    }
    if (event.kind == job::EventKind::plot && !freed) computed_before = true;
  });
  EXPECT_EQ(record.state, job::State::done) << record.error_message << record.error_hint;
  EXPECT_EQ(record.backend, "cuda:7");
  EXPECT_TRUE(waited) << "the confined worker saw no lock";
  EXPECT_FALSE(computed_before);
}

}  // namespace
}  // namespace iso::host
