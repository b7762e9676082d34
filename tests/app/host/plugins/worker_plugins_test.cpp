// Broken plugins in a worker of their own: the host names what happened and goes on.
#include "host/workers/worker_executor.h"

#include "support/job_tasks.h"
#include "support/plugin_folder.h"

#include <gtest/gtest.h>

namespace iso::host {
namespace {

#ifdef ISO_WORKER_PROGRAM
job::Record run_in_worker(const test::PluginFolder& folder, const std::string& plugin,
                          std::chrono::milliseconds silence) {
  auto workspace = std::make_shared<job::Workspace>();
  workspace->put("in", freeze(test::sample_volume(4)));
  WorkerOptions options;
  options.program = ISO_WORKER_PROGRAM;
  options.plugin_directories = {folder.path()};
  options.silence_limit = silence;
  options.grace = std::chrono::milliseconds{300};
  options.execution.scratch = folder.path();
  const auto executor = make_worker_executor(options, {}, workspace);
  job::Recipe recipe;
  recipe.task = plugin + "/pass";
  recipe.inputs = {{"volume", "workspace:in"}};
  recipe.outputs = {{"result", "workspace:out"}};
  return executor->execute(recipe, {}, {});
}

TEST(WorkerWithABrokenPlugin, NamesTheSignalOfACrash) {
  test::PluginFolder folder{"worker_crash"};
  folder.add_broken("crashes");
  const job::Record record = run_in_worker(folder, "crashes", std::chrono::milliseconds{0});
  EXPECT_EQ(record.state, job::State::crashed);
  EXPECT_EQ(record.error, Errc::plugin_crashed);
}

TEST(WorkerWithABrokenPlugin, EndsOneThatNeverAnswers) {
  test::PluginFolder folder{"worker_hang"};
  folder.add_broken("never_answers");
  const job::Record record = run_in_worker(folder, "never_answers", std::chrono::milliseconds{1500});
  EXPECT_EQ(record.error, Errc::plugin_crashed);
}

TEST(WorkerWithABrokenPlugin, HandsOnWhyAPluginCannotBeLoaded) {
  test::PluginFolder folder{"worker_missing"};
  folder.add_broken("missing_library");
  const job::Record record = run_in_worker(folder, "missing_library", std::chrono::milliseconds{0});
  EXPECT_EQ(record.error, Errc::plugin_incompatible);
}

TEST(WorkerWithABrokenPlugin, TurnsWhateverIsThrownIntoAnError) {
  test::PluginFolder folder{"worker_number"};
  folder.add_broken("throws_a_number");
  EXPECT_EQ(run_in_worker(folder, "throws_a_number", std::chrono::milliseconds{0}).error, Errc::internal);
}
#else
TEST(WorkerWithABrokenPlugin, NeedsTheWorkerProgram) { GTEST_SKIP() << "isocenter-worker is not part of this build"; }
#endif

}  // namespace
}  // namespace iso::host
