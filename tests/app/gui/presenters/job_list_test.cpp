#include "gui/presenters/job_list.h"
#include "gui/presenters/replay_inputs.h"

#include "host/workers/worker_executor.h"
#include "support/job_tasks.h"
#include "support/posted_loop.h"

#include <gtest/gtest.h>

namespace iso::gui {
namespace {

/// Jobs in real workers, with tasks that crash on purpose.
class JobLists : public ::testing::Test {
 protected:
  JobLists() : item{document.add("ball", freeze(test::sample_volume()), "ball.nrrd")} {}
  static std::shared_ptr<job::Executor> executor(const std::shared_ptr<job::Workspace>& workspace) {
    host::WorkerOptions options;
    options.program = ISO_BROKEN_WORKER;
    options.execution.write_records = false;
    return host::make_worker_executor(options, job::make_data_access(workspace), workspace);
  }
  std::uint64_t start(const std::string& task) {
    job::Recipe recipe;
    recipe.task = "test/" + task;
    recipe.inputs["volume"] = "workspace:item-" + std::to_string(item);
    recipe.outputs["volume"] = "workspace:volume";
    return jobs.start(recipe, task);
  }
  const JobState& ended(std::uint64_t job) {
    EXPECT_TRUE(loop.until([&] { return job::ended(jobs.find(job)->state); }));
    return *jobs.find(job);
  }

  std::uint64_t replay(const job::Record& record, std::string title) {
    return jobs.replay(record, std::move(title), find_inputs(prepare_replay(record, document)));
  }

  Document document;
  ItemId item;
  test::Loop loop;
  std::shared_ptr<job::Workspace> workspace = std::make_shared<job::Workspace>();
  job::Queue queue{nullptr, executor(workspace), 1};
  JobList jobs{document, queue, workspace, [this](std::function<void()> what) { loop.post(std::move(what)); }};
};

TEST_F(JobLists, EnterTheResultAndLetTheInputGo) {
  const JobState& state = ended(start("noise"));
  EXPECT_EQ(state.state, job::State::done) << state.message;
  EXPECT_EQ(document.items().size(), 2U);
  EXPECT_EQ(document.undo_stack().undo_name(), "Result noise");
  EXPECT_EQ(workspace->find("item-" + std::to_string(item)), nullptr) << "closing the image must free it";
}

TEST_F(JobLists, TryACrashedJobAgainWithTheInputItHad) {
  const std::uint64_t job = start("crash_segfault");
  EXPECT_EQ(ended(job).state, job::State::crashed);
  EXPECT_NE(jobs.find(job)->message.find("signal 11"), std::string::npos);
  document.remove(item);
  const std::uint64_t again = jobs.retry(job);
  EXPECT_NE(again, job);
  EXPECT_NE(ended(again).message.find("signal 11"), std::string::npos) << jobs.find(again)->message;
  EXPECT_EQ(jobs.jobs().size(), 2U);
}

TEST_F(JobLists, ReplayARecordAndCompareWithoutKeepingTheResult) {
  const job::Record record = *ended(start("noise")).record;
  const std::size_t items = document.items().size();
  const JobState& same = ended(replay(record, "Replay of noise"));
  ASSERT_TRUE(same.comparison.has_value()) << same.message;
  EXPECT_TRUE(same.comparison->same_bits);
  EXPECT_EQ(same.message, "Same bits as recorded");
  job::Record other = record;
  other.recipe.seed = 12;
  const JobState& differs = ended(replay(other, "Replay with another seed"));
  ASSERT_TRUE(differs.comparison.has_value()) << differs.message;
  EXPECT_FALSE(differs.comparison->same_bits);
  EXPECT_EQ(differs.message, "Other bits than recorded");
  EXPECT_FALSE(differs.log.empty()) << "what differs is in the log";
  EXPECT_EQ(document.items().size(), items);
}

TEST_F(JobLists, RecordTheFileOfAnInputAlthoughItIsClosedMeanwhile) {
  const std::uint64_t job = start("noise");
  document.remove(item);
  const job::Record record = *ended(job).record;
  EXPECT_EQ(record.recipe.inputs.at("volume"), std::filesystem::absolute("ball.nrrd").string());
  EXPECT_EQ(document.items().front()->record->recipe.inputs, record.recipe.inputs);
}

TEST_F(JobLists, KeepThePlaceOfAnInputThatNoFileHolds) {
  item = document.add_result("made", freeze(test::sample_volume()), {});
  const std::string place = "workspace:item-" + std::to_string(item);
  const job::Record record = *ended(start("noise")).record;
  EXPECT_EQ(record.recipe.inputs.at("volume"), place);
  EXPECT_TRUE(ended(replay(record, "Replay")).comparison->same_bits);
}

}  // namespace
}  // namespace iso::gui
