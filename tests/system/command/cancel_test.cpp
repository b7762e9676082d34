#include "support/command.h"

namespace iso::test {
namespace {

/// Runs a smoothing that would take many minutes, and once it computes does `then`.
Answer interrupted(const Folder& folder, bool isolated, const std::function<void(const Live&)>& then,
                   std::map<std::string, std::string> environment = {}) {
  const std::string image = folder / "image.mha";
  EXPECT_EQ(isocenter({"phantom", "discs", "-o", image, "--size", "512,512,1", "--spacing", "0.05"}).code, 0);
  std::vector<std::string> words{"run", "example/smoothing", "-i",   image, "-o", folder / "new.mha", "--sigma-mm",
                                 "20",  "--progress",        "jsonl"};
  if (isolated) words.emplace_back("--isolate");
  const auto meanwhile = [&](const Live& live) {
    ASSERT_GE(seconds_until(live.out, "diffusion"), 0);
    then(live);
  };
  return isocenter(words, {.in = "", .largest_file = 0, .meanwhile = meanwhile, .environment = std::move(environment)});
}

bool lives(pid_t process) {
  std::ifstream stat("/proc/" + std::to_string(process) + "/stat");
  std::string number, name, state;
  return (stat >> number >> name >> state) && state != "Z";
}

std::vector<pid_t> find_children(pid_t parent) {
  std::vector<pid_t> found;
  for (const auto& thread : fs::directory_iterator("/proc/" + std::to_string(parent) + "/task")) {
    std::ifstream list(thread.path() / "children");
    for (pid_t child = 0; list >> child;) found.push_back(child);
  }
  return found;
}

TEST(Cancel, IsAnsweredWithinAFifthOfASecondAndEndsWithinTwo) {
  for (const bool isolated : {false, true}) {
    SCOPED_TRACE(isolated ? "isolated" : "in process");
    const Folder folder("iso_cancel");
    double answered = -1;
    std::chrono::steady_clock::time_point asked;
    std::vector<pid_t> workers;
    const Answer answer = interrupted(folder, isolated, [&](const Live& live) {
      workers = find_children(live.process);
      asked = std::chrono::steady_clock::now();
      ::kill(live.process, SIGINT);
      answered = seconds_until(live.err, "cancelling");
    });
    const double ended = std::chrono::duration<double>(std::chrono::steady_clock::now() - asked).count();
    EXPECT_EQ(answer.code, 87) << answer.err;
    EXPECT_GE(answered, 0);
    EXPECT_LT(answered, 0.2);
    EXPECT_LT(ended, 2.0);
    EXPECT_EQ(workers.size(), isolated ? 1U : 0U);
    for (const pid_t worker : workers) EXPECT_FALSE(lives(worker));
    EXPECT_FALSE(fs::exists(folder / "new.mha"));
    EXPECT_NE(answer.out.find("\"cancelled\""), std::string::npos);
    EXPECT_EQ(folder.listing().size(), 1U) << "nothing but the input is left";
  }
}

TEST(Cancel, AskedForTwiceEndsTheCommandAtOnceAndTheWorkerWithIt) {
  const Folder folder("iso_cancel_twice");
  std::vector<pid_t> workers;
  const Answer answer = interrupted(folder, true, [&](const Live& live) {
    workers = find_children(live.process);
    ASSERT_EQ(workers.size(), 1U);
    ::kill(workers.front(), SIGSTOP);  // a worker that does not even stop when asked
    ::kill(live.process, SIGINT);
    ASSERT_GE(seconds_until(live.err, "cancelling"), 0);
    ::kill(live.process, SIGINT);
  });
  EXPECT_EQ(answer.code, 128 + SIGINT);
  const auto begin = std::chrono::steady_clock::now();
  while (lives(workers.at(0)) && std::chrono::steady_clock::now() - begin < std::chrono::seconds{2})
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  EXPECT_FALSE(lives(workers.at(0)));
}

TEST(Cancel, LeavesNoScratchFolder) {
  const Folder folder("iso_cancel_scratch"), scratch("iso_cancel_tmp");
  const auto once = [&](const Live& live) {
    EXPECT_FALSE(fs::is_empty(scratch.path()));
    ::kill(live.process, SIGTERM);
  };
  const Answer answer = interrupted(folder, true, once, {{"TMPDIR", scratch.path().string()}});
  EXPECT_EQ(answer.code, 87) << answer.err;
  EXPECT_TRUE(fs::is_empty(scratch.path()));
}

TEST(Cancel, AskedForTwiceLeavesNoScratchFolder) {
  for (const bool isolated : {false, true}) {
    SCOPED_TRACE(isolated ? "isolated" : "in process");
    const Folder folder("iso_cancel_twice_scratch"), scratch("iso_cancel_twice_tmp");
    const auto twice = [&](const Live& live) {
      EXPECT_FALSE(fs::is_empty(scratch.path()));
      for (const pid_t worker : find_children(live.process)) ::kill(worker, SIGSTOP);
      ::kill(live.process, SIGINT);
      ::kill(live.process, SIGTERM);
    };
    const Answer answer = interrupted(folder, isolated, twice, {{"TMPDIR", scratch.path().string()}});
    EXPECT_TRUE(answer.code == 128 + SIGINT || answer.code == 128 + SIGTERM) << answer.code << answer.err;
    EXPECT_TRUE(fs::is_empty(scratch.path()));
  }
}

TEST(Cancel, OfAWorkerKilledFromOutsideIsACrash) {
  const Folder folder("iso_killed");
  const Answer answer = interrupted(folder, true, [](const Live& live) {
    const auto workers = find_children(live.process);
    ASSERT_EQ(workers.size(), 1U);
    ::kill(workers.front(), SIGKILL);
  });
  EXPECT_EQ(answer.code, 86) << answer.err;
  EXPECT_NE(answer.err.find("killed from outside in stage 'diffusion'"), std::string::npos) << answer.err;
}

}  // namespace
}  // namespace iso::test
