#include "host/workers/interaction.h"
#include "support/job_tasks.h"

#include <gtest/gtest.h>

namespace iso::host {
namespace {

using namespace std::chrono_literals;
using Marks = std::vector<plugin::Mark>;

plugin::Mark mark(std::int32_t x, std::uint16_t label = 1) {
  return {static_cast<std::uint64_t>(x), label, {}, {{x, 2, 3}}};
}

class Interactions : public ::testing::Test {
 protected:
  [[nodiscard]] std::shared_ptr<InteractionWorker> begin(const std::string& task = "test/marks",
                                                         const std::string& parameters = "{}") {
    WorkerOptions options;
    options.program = ISO_BROKEN_WORKER;
    return start_interaction(options, {task, parameters, "auto", 5}, {{"volume", freeze(test::sample_volume())}});
  }
  static std::vector<std::int32_t> marked(const job::InteractionAnswer& answer) {
    const auto& labels = get<LabelMap>(answer.outputs.at("volume"));
    std::vector<std::int32_t> found;
    for (std::int32_t x = 0; x < 16; ++x)
      if (labels.labels.values<std::uint16_t>()[static_cast<std::size_t>(x + 16 * (2 + 16 * 3))] != 0)
        found.push_back(x);
    return found;
  }
};

TEST_F(Interactions, AnswerAllMarksEachTime) {
  const auto worker = begin();
  EXPECT_EQ(marked(worker->answer(Marks{mark(1), mark(2)}, "{}", 50ms)), (std::vector<std::int32_t>{1, 2}));
  EXPECT_EQ(marked(worker->answer(Marks{mark(1), mark(2), mark(5)}, "{}", 50ms)), (std::vector<std::int32_t>{1, 2, 5}));
  EXPECT_EQ(marked(worker->answer(Marks{mark(2), mark(5)}, "{}", 50ms)), (std::vector<std::int32_t>{2, 5}));
  EXPECT_TRUE(marked(worker->answer({}, "{}", 50ms)).empty());
}

TEST_F(Interactions, HaveAContextWithSeedScratchFiguresAndWarnings) {
  const auto worker = begin();
  (void)worker->answer(Marks{mark(1)}, "{}", 50ms);
  const job::InteractionAnswer answer = worker->answer(Marks{mark(1), mark(2), mark(3)}, "{}", 50ms);
  EXPECT_EQ(answer.figures.at("answers").value, 2) << "its cache lives from answer to answer";
  EXPECT_EQ(answer.figures.at("seed").value, 5);
  EXPECT_EQ(answer.figures.at("scratch").value, 1);
  EXPECT_EQ(answer.warnings, (std::vector<std::string>{"many marks"}));
  EXPECT_EQ(answer.fraction, 1);
}

TEST_F(Interactions, TakeOtherParametersWithAnyAnswerAndRefuseWrongOnes) {
  const auto worker = begin();
  const auto label = [&](const std::string& parameters) {
    const auto answer = worker->answer(Marks{mark(1, 2)}, parameters, 50ms);
    return get<LabelMap>(answer.outputs.at("volume")).labels.values<std::uint16_t>()[1 + 16 * (2 + 16 * 3)];
  };
  EXPECT_EQ(label("{}"), 2);
  EXPECT_EQ(label(R"({"rounds": 6})"), 4);
  try {
    (void)label(R"({"rounds": "many"})");
    FAIL() << "it was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::invalid_input);
  }
  EXPECT_EQ(label("{}"), 2);
}

TEST_F(Interactions, ThatCrashAreAnErrorAndNothingMore) {
  const auto worker = begin();
  try {
    (void)worker->answer(Marks{mark(13)}, "{}", 50ms);
    FAIL() << "the crash went unnoticed";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::plugin_crashed);
    EXPECT_NE(std::string{error.what()}.find("signal 11"), std::string::npos) << error.what();
  }
  EXPECT_EQ(marked(begin()->answer({}, "{}", 50ms)), std::vector<std::int32_t>{});
}

TEST_F(Interactions, GoOnAfterAnErrorOfTheTask) {
  const auto worker = begin();
  EXPECT_THROW((void)worker->answer(Marks{mark(4, 400)}, "{}", 50ms), Error);
  EXPECT_EQ(marked(worker->answer(Marks{mark(4)}, "{}", 50ms)), (std::vector<std::int32_t>{4}));
}

TEST_F(Interactions, AreRefusedByATaskThatOnlyRuns) {
  try {
    (void)begin("test/noise");
    FAIL() << "an interaction was begun";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::unsupported);
  }
}

TEST_F(Interactions, AreRefusedWithParametersThatARunWouldRefuse) {
  try {
    (void)begin("test/marks", R"({"strength": true})");
    FAIL() << "an interaction was begun";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::invalid_input);
    EXPECT_NE(std::string{error.what()}.find("'strength'"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace iso::host
