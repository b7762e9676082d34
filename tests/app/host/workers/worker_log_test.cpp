#include "host/workers/worker_log.h"

#include "iso/base/log.h"

#include <gtest/gtest.h>

#include <optional>

namespace iso::host::test {
namespace {

using std::chrono::seconds;

/// What reached our log.
class WorkerLogs : public ::testing::Test {
 protected:
  WorkerLogs() {
    log::set_level(log::Level::info);
    log::set_sink([this](log::Level, std::string_view, std::string_view text) { lines.emplace_back(text); });
  }
  ~WorkerLogs() override {
    log::set_sink({});
    log::set_level(log::Level::warning);
  }
  void say(const std::string& text, int count = 1, log::Level level = log::Level::info) {
    for (int i = 0; i < count; ++i) worker->take({to_message(LogLine{level, "task", text}), {}}, now);
  }
  [[nodiscard]] std::size_t bytes() const {
    std::size_t sum = 0;
    for (const std::string& line : lines) sum += line.size();
    return sum;
  }

  WorkerLog::Clock::time_point now{};
  std::optional<WorkerLog> worker{std::in_place, now};
  std::vector<std::string> lines;
};

TEST_F(WorkerLogs, PassEveryLineOfAWorkerThatLogsAsOneWould) {
  for (int minute = 0; minute < 100; ++minute, now += seconds{60}) say("iteration " + std::to_string(minute), 100);
  EXPECT_EQ(lines.size(), 10000U);
  worker.reset();
  EXPECT_EQ(lines.size(), 10000U) << lines.back();
}

TEST_F(WorkerLogs, LeaveOutWhatAFloodHasBeyondItsRoomAndSayHowMuch) {
  say(std::string(100, 'x'), 100000);
  const std::size_t passed = lines.size();
  EXPECT_GT(passed, 5000U);
  EXPECT_LE(bytes(), std::size_t{1} << 20);
  worker.reset();
  ASSERT_EQ(lines.size(), passed + 1);
  EXPECT_TRUE(lines.back().starts_with(std::to_string(100000 - passed) + " lines of a worker left out"))
      << lines.back();
}

TEST_F(WorkerLogs, GrowByFourKibibytesASecondHoweverLongAFloodLasts) {
  for (int second = 0; second < 300; ++second, now += seconds{1}) say(std::string(100, 'x'), 200);
  EXPECT_LE(bytes(), (std::size_t{1} << 20) + 300 * 4096);
  EXPECT_GT(bytes(), (std::size_t{1} << 19) + 300 * 1024) << "lines pass again as there is room";
}

TEST_F(WorkerLogs, LeaveOutOneLineThatIsLongerThanAllTheRoom) {
  say(std::string(2 << 20, 'x'));
  EXPECT_TRUE(lines.empty());
  say("after it");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[0].starts_with("1 line of a worker left out")) << lines[0];
  EXPECT_EQ(lines[1], "after it");
}

TEST_F(WorkerLogs, CountNoLinesBelowTheLevelOfTheLog) {
  say(std::string(100, 'x'), 100000, log::Level::debug);
  say("wanted");
  EXPECT_EQ(lines, std::vector<std::string>{"wanted"});
}

}  // namespace
}  // namespace iso::host::test
