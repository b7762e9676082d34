#include "host/workers/interaction.h"
#include "support/job_tasks.h"

#include <gtest/gtest.h>

namespace iso::host {
namespace {

using namespace std::chrono_literals;

plugin::Stroke stroke(std::int32_t x, std::uint16_t label = 1) { return {{{x, 2, 3}}, label}; }

class Interactions : public ::testing::Test {
 protected:
  [[nodiscard]] std::shared_ptr<InteractionWorker> begin(const std::string& task = "test/marks") {
    WorkerOptions options;
    options.program = ISO_BROKEN_WORKER;
    return start_interaction(options, task, {{"volume", freeze(test::sample_volume())}}, "{}");
  }
  static std::vector<std::int32_t> marked(const plugin::Datasets& outputs) {
    const LabelMap& labels = get<LabelMap>(outputs.at("volume"));
    std::vector<std::int32_t> found;
    for (std::int32_t x = 0; x < 16; ++x)
      if (labels.labels.values<std::uint16_t>()[static_cast<std::size_t>(x + 16 * (2 + 16 * 3))] != 0)
        found.push_back(x);
    return found;
  }
};

TEST_F(Interactions, AnswerStrokesAndTakeThemBackOneUpdateAtATime) {
  const auto worker = begin();
  const std::vector<plugin::Stroke> first{stroke(1), stroke(2)}, second{stroke(5)};
  EXPECT_EQ(marked(worker->update(first, 50ms)), (std::vector<std::int32_t>{1, 2}));
  EXPECT_EQ(marked(worker->update(second, 50ms)), (std::vector<std::int32_t>{1, 2, 5}));
  worker->undo();
  EXPECT_EQ(marked(worker->update({}, 50ms)), (std::vector<std::int32_t>{1, 2}));
  worker->undo();
  EXPECT_TRUE(marked(worker->update({}, 50ms)).empty());
}

TEST_F(Interactions, ThatCrashAreAnErrorAndNothingMore) {
  const auto worker = begin();
  const std::vector<plugin::Stroke> bad{stroke(13)};
  try {
    (void)worker->update(bad, 50ms);
    FAIL() << "the crash went unnoticed";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::plugin_crashed);
    EXPECT_NE(std::string{error.what()}.find("signal 11"), std::string::npos) << error.what();
  }
  EXPECT_EQ(marked(begin()->update({}, 50ms)), std::vector<std::int32_t>{});
}

TEST_F(Interactions, GoOnAfterAnErrorOfTheTask) {
  const auto worker = begin();
  const std::vector<plugin::Stroke> bad{stroke(4, 400)};
  EXPECT_THROW((void)worker->update(bad, 50ms), Error);
  worker->undo();
  EXPECT_TRUE(marked(worker->update({}, 50ms)).empty());
}

TEST_F(Interactions, AreRefusedByATaskThatOnlyRuns) {
  try {
    (void)begin("test/noise");
    FAIL() << "an interaction was begun";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::unsupported);
  }
}

}  // namespace
}  // namespace iso::host
