#include "host/workers/worker_executor.h"
#include "support/job_tasks.h"
#include "support/sanitizers.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

namespace iso::host {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

std::size_t open_descriptors() {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator("/proc/self/fd"), {}));
}

/// The children of this process, living or waiting to be reaped.
std::vector<pid_t> find_children(pid_t parent) {
  std::vector<pid_t> found;
  std::ifstream list("/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) + "/children");
  for (pid_t child = 0; list >> child;) found.push_back(child);
  return found;
}

class Workers : public ::testing::Test {
 protected:
  Workers() {
    options.program = ISO_BROKEN_WORKER;
    options.execution.scratch = folder;
    fs::create_directories(folder);
    workspace->put("in", freeze(test::sample_volume()));
  }
  ~Workers() override { fs::remove_all(folder); }
  job::Record run(const std::string& task, const std::stop_token& stop = {}, const job::OnEvent& on_event = {}) {
    return make_worker_executor(options, data(), workspace)->execute(test::sample_recipe(task), stop, on_event);
  }
  std::shared_ptr<job::DataAccess> data() { return job::make_data_access(workspace, nullptr); }

  WorkerOptions options;
  std::shared_ptr<job::Workspace> workspace = std::make_shared<job::Workspace>();
  fs::path folder = fs::path(::testing::TempDir()) / ("iso_worker_test" + std::to_string(::getpid()));
};

TEST_F(Workers, GiveTheSameBitsAsThisProcess) {
  test::SampleSource source;
  compute::BackendRegistry registry;
  test::add_backends(registry);
  for (const int threads : {1, 2}) {
    options.execution.threads = threads;
    const job::Record isolated = run("noise");
    ASSERT_EQ(isolated.state, job::State::done) << isolated.error_message << isolated.error_hint;
    EXPECT_EQ(isolated.isolation, job::Isolation::worker);
    EXPECT_EQ(digest(*workspace->find("out")), isolated.output_digests.at("volume"));
    const auto here = job::make_in_process_executor(source, registry, options.execution, data());
    const job::Replay again = replay(isolated, *here);
    EXPECT_TRUE(again.comparison.same_bits);
    EXPECT_TRUE(again.comparison.differences.empty());
  }
}

/// The HDF5 library opens its files without close-on-exec and locks them.
TEST_F(Workers, HoldNoFileThatWasOpenWhenTheyWereStarted) {
  const fs::path file = folder / "locked";
  const int ours = ::open(file.c_str(), O_RDWR | O_CREAT, 0600);
  ASSERT_EQ(::flock(ours, LOCK_EX), 0);
  std::stop_source stop;
  std::optional<bool> free;
  run("waits", stop.get_token(), [&](const job::Event& event) {
    if (event.stage != "waiting" || free) return;
    ::close(ours);
    const int again = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
    free = ::flock(again, LOCK_EX | LOCK_NB) == 0;
    ::close(again);
    stop.request_stop();
  });
  ASSERT_TRUE(free.has_value());
  EXPECT_TRUE(*free) << "the worker has the lock";
}

TEST_F(Workers, SendPlotsLogsWarningsAndPreviews) {
  options.execution.preview_every = 1;
  std::map<job::EventKind, int> seen;
  DatasetPtr preview;
  const job::Record record = run("noise", {}, [&](const job::Event& event) {
    ++seen[event.kind];
    if (event.data) preview = event.data;
  });
  EXPECT_EQ(seen[job::EventKind::plot], 2);
  EXPECT_EQ(seen[job::EventKind::log], 1);
  EXPECT_EQ(seen[job::EventKind::warning], 1);
  EXPECT_GE(seen[job::EventKind::progress], 1);
  ASSERT_NE(preview, nullptr);
  EXPECT_EQ(digest(*preview), record.output_digests.at("volume"));
}

struct Injected {
  const char* task;
  Errc code;
  int exit;
  const char* words;
};
const Injected injected[] = {
    {"crash_segfault", Errc::plugin_crashed, 86, "signal 11"},
    {"crash_abort", Errc::plugin_crashed, 86, "signal 6"},
    {"throw_error", Errc::quality_gate, 88, "not good enough"},
    {"throw_int", Errc::internal, 80, "unknown type"},
    {"exit_now", Errc::plugin_crashed, 86, "exit code 7"},
    {"hang", Errc::plugin_crashed, 86, "no sign of progress"},
    {"out_of_memory", Errc::out_of_memory, 81, "memory"},
    {"nan_output", Errc::invalid_result, 84, "NaN"},
};

/// How often, for the long run by command (tests/system/robustness/README.md).
int rounds(const char* variable, int usual) {
  const char* const named = std::getenv(variable);
  return named == nullptr ? usual : std::atoi(named);
}

TEST_F(Workers, MayCrashTwoHundredTimesWithoutHarm) {
  options.silence_limit = 500ms;
  options.address_space_bytes = std::size_t{3} << 30;
  (void)run("noise");
  const std::size_t before = open_descriptors();
  std::map<std::string, std::string> messages;
  for (int i = 0; i < rounds("ISO_CRASHES", 200); ++i) {
    const Injected& kind = injected[i % std::size(injected)];
    if (test::sanitized && kind.code == Errc::out_of_memory) continue;
    const job::Record record = run(kind.task);
    ASSERT_EQ(record.error, kind.code) << kind.task << ": " << record.error_message;
    EXPECT_EQ(exit_code(*record.error), kind.exit) << kind.task;
    EXPECT_NE(record.error_message.find(kind.words), std::string::npos) << record.error_message;
    if (kind.code == Errc::plugin_crashed) {
      EXPECT_NE(record.error_message.find("misbehaving"), std::string::npos) << record.error_message;
    }
    messages[record.error_message] = kind.task;
  }
  EXPECT_EQ(messages.size(), std::size(injected) - (test::sanitized ? 1 : 0)) << "each has a message of its own";
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_TRUE(find_children(::getpid()).empty());
  EXPECT_TRUE(fs::is_empty(folder)) << "scratch was left behind";
  EXPECT_EQ(run("noise").state, job::State::done);
}

/// Starts a task, cancels it once it runs, and measures how long the answer and the end took.
struct Cancelled {
  std::chrono::milliseconds answered{}, ended{};
  job::Record record;
};
Cancelled cancel_while_running(job::Executor& executor, const std::string& task) {
  std::stop_source stop;
  std::atomic<bool> started{false};
  Clock::time_point asked, answered;
  std::jthread canceller{[&] {
    while (!started) std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(50ms);
    asked = Clock::now();
    stop.request_stop();
  }};
  Cancelled result;
  result.record = executor.execute(test::sample_recipe(task), stop.get_token(), [&](const job::Event& event) {
    if (event.stage == "waiting" || event.stage == "misbehaving") started = true;
    if (event.state == job::State::cancelling && answered == Clock::time_point{}) answered = Clock::now();
  });
  canceller.join();
  result.answered = std::chrono::duration_cast<std::chrono::milliseconds>(answered - asked);
  result.ended = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - asked);
  return result;
}

TEST_F(Workers, AnswerACancelWithinAFifthOfASecond) {
  const auto executor = make_worker_executor(options, data(), workspace);
  for (int i = 0; i < 5; ++i) {
    const Cancelled result = cancel_while_running(*executor, "waits");
    EXPECT_EQ(result.record.state, job::State::cancelled);
    EXPECT_LT(result.answered, 200ms);
    EXPECT_LT(result.ended, 500ms);
    RecordProperty("answered ms " + std::to_string(i), static_cast<int>(result.answered.count()));
    RecordProperty("ended ms " + std::to_string(i), static_cast<int>(result.ended.count()));
  }
}

TEST_F(Workers, MayBeCancelledAgainAndAgainWithoutHarm) {
  options.grace = 100ms;
  (void)run("noise");
  const std::size_t before = open_descriptors();
  const auto executor = make_worker_executor(options, data(), workspace);
  for (int i = 0; i < rounds("ISO_CANCELS", 20); ++i) {
    const Cancelled result = cancel_while_running(*executor, i % 5 == 0 ? "hang" : "waits");
    ASSERT_EQ(result.record.state, job::State::cancelled) << result.record.error_message;
  }
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_TRUE(find_children(::getpid()).empty());
  EXPECT_TRUE(fs::is_empty(folder)) << "scratch was left behind";
  EXPECT_EQ(run("noise").state, job::State::done);
}

TEST_F(Workers, ThatIgnoreACancelAreEndedAfterTheGrace) {
  const auto executor = make_worker_executor(options, data(), workspace);
  const Cancelled result = cancel_while_running(*executor, "hang");
  EXPECT_EQ(result.record.state, job::State::cancelled);
  EXPECT_LT(result.answered, 200ms);
  EXPECT_GE(result.ended, options.grace);
  EXPECT_LT(result.ended, 2000ms);
  EXPECT_TRUE(find_children(::getpid()).empty());
}

TEST_F(Workers, EndWithTheirParent) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const pid_t parent = ::fork();
  ASSERT_GE(parent, 0);
  if (parent == 0) {
    const auto executor = make_worker_executor(options, data(), workspace);
    (void)executor->execute(test::sample_recipe("hang"), {}, [&](const job::Event& event) {
      if (event.stage != "misbehaving") return;
      const pid_t worker = find_children(::getpid()).at(0);
      if (::write(ends[1], &worker, sizeof(worker)) != sizeof(worker)) std::_Exit(1);
    });
    std::_Exit(0);
  }
  pid_t worker = 0;
  ASSERT_EQ(::read(ends[0], &worker, sizeof(worker)), static_cast<ssize_t>(sizeof(worker)));
  ASSERT_EQ(::kill(worker, 0), 0);
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  const auto gone = [&] {
    std::ifstream stat("/proc/" + std::to_string(worker) + "/stat");
    std::string number, name, state;
    return !(stat >> number >> name >> state) || state == "Z";  // whoever adopted it may be slow to reap
  };
  const auto begin = Clock::now();
  while (!gone() && Clock::now() - begin < 3s) std::this_thread::sleep_for(5ms);
  EXPECT_TRUE(gone());
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_F(Workers, ThatCannotBeStartedAreNamed) {
  options.program = "/nowhere/isocenter-worker";
  const job::Record record = run("noise");
  EXPECT_EQ(record.error, Errc::plugin_crashed);
  EXPECT_NE(record.error_message.find("/nowhere/isocenter-worker"), std::string::npos);
}

TEST_F(Workers, ThatDoNotSpeakTheProtocolAreNamed) {
  options.program = "/bin/true";
  const job::Record record = run("noise");
  EXPECT_EQ(record.error, Errc::plugin_crashed);
  EXPECT_NE(record.error_message.find("before it said hello"), std::string::npos) << record.error_message;
}

}  // namespace
}  // namespace iso::host
