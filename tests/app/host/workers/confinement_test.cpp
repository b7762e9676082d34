#include "host/workers/confinement.h"

#include "iso/base/temporary_folder.h"
#include "iso/compute/backend.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

namespace iso::host {
namespace {

/// What `attempt` gives in a process of its own that is confined first; 99 when the process did not come to its end.
template <class Attempt>
int confined(const Confinement& wish, const Attempt& attempt) {
  const pid_t child = ::fork();
  if (child == 0) {
    (void)confine(wish);
    ::_exit(attempt());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

class ConfinementTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!confinement_support().complete()) GTEST_SKIP() << confinement_support().sentence();
  }
};

TEST_F(ConfinementTest, RefusesSocketsOtherProgramsSignalsAndTracing) {
  EXPECT_EQ(confined({}, [] { return ::socket(AF_INET, SOCK_STREAM, 0) < 0 ? errno : 0; }), EPERM);
  EXPECT_EQ(confined({}, [] { return ::fork() < 0 ? errno : 0; }), EPERM);
  EXPECT_EQ(confined({}, [] { return ::kill(::getppid(), 0) < 0 ? errno : 0; }), EPERM);
  EXPECT_EQ(confined({}, [] { return ::ptrace(PTRACE_ATTACH, ::getppid(), nullptr, nullptr) < 0 ? errno : 0; }), EPERM);
}

TEST_F(ConfinementTest, LeavesThreadsSharedMemoryAndSignalsToItself) {
  EXPECT_EQ(confined({},
                     [] {
                       int done = 0;
                       std::thread{[&] { done = 1; }}.join();
                       return done;
                     }),
            1);
  EXPECT_EQ(confined({},
                     [] {
                       const int memory = ::memfd_create("pixels", MFD_ALLOW_SEALING);
                       return memory >= 0 && ::ftruncate(memory, 4096) == 0 ? 1 : 0;
                     }),
            1);
  EXPECT_EQ(confined({}, [] { return ::kill(::getpid(), 0) == 0 ? 1 : 0; }), 1);
}

TEST_F(ConfinementTest, ReadsAndWritesOnlyWhereItMay) {
  const TemporaryFolder open{"iso_confined_open"}, closed{"iso_confined_closed"};
  const std::string inside = open.path() / "file", outside = closed.path() / "file";
  const auto write_at = [](const std::string& file) {
    return ::open(file.c_str(), O_WRONLY | O_CREAT, 0600) < 0 ? errno : 0;
  };
  const auto read_at = [](const std::string& file) { return ::open(file.c_str(), O_RDONLY) < 0 ? errno : 0; };
  EXPECT_EQ(confined({{}, {open.path()}}, [&] { return write_at(inside); }), 0);
  EXPECT_EQ(confined({{}, {open.path()}}, [&] { return write_at(outside); }), EACCES);
  EXPECT_EQ(write_at(outside), 0);
  EXPECT_EQ(confined({{}, {open.path()}}, [&] { return read_at(outside); }), EACCES);
  EXPECT_EQ(confined({{closed.path()}, {}}, [&] { return read_at(outside); }), 0);
  EXPECT_EQ(confined({{closed.path()}, {}}, [&] { return write_at(outside); }), EACCES);
  EXPECT_EQ(confined({}, [&] { return read_at("/etc/passwd"); }), EACCES);
}

TEST_F(ConfinementTest, FollowsLinksOfInputsToWhatTheyLeadTo) {
  const TemporaryFolder kept{"iso_confined_kept"}, named{"iso_confined_named"};
  const std::string object = kept.path() / "object", link = named.path() / "scan.h5";
  ASSERT_GE(::open(object.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), 0);
  std::filesystem::create_symlink(object, link);
  for (const std::string& input : {link, named.path().string()}) {
    job::Recipe recipe;
    recipe.inputs["scan"] = input;
    const pid_t child = ::fork();
    if (child == 0) {
      confine_worker({}, recipe, {}, {});
      ::_exit(::open(link.c_str(), O_RDONLY) < 0 ? errno : 0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(WIFEXITED(status) ? WEXITSTATUS(status) : 99, 0) << input;
  }
}

/// Of this process and of what it waited for.
double processor_ms() {
  double sum = 0;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage used{};
    ::getrusage(who, &used);
    for (const timeval& part : {used.ru_utime, used.ru_stime})
      sum += 1e3 * static_cast<double>(part.tv_sec) + 1e-3 * static_cast<double>(part.tv_usec);
  }
  return sum;
}

// In processor time, which a busy machine does not change much: a worker forks once more and is confined once.
TEST_F(ConfinementTest, CostsLessThanFiveMillisecondsAJob) {
  const TemporaryFolder scratch{"iso_confined_cost"};
  job::Recipe recipe;
  recipe.inputs["scan"] = (scratch.path() / "scan.h5").string();
  job::ExecutionOptions options;
  options.scratch = scratch.path();
  const auto one = [&](bool with) {
    const double before = processor_ms();
    const pid_t child = ::fork();
    if (child == 0) {
      if (with && ::fork() != 0) {
        ::wait(nullptr);
        ::_exit(0);
      }
      if (with) confine_worker({scratch.path()}, recipe, options, {});
      ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
    return processor_ms() - before;
  };
  std::vector<double> more;
  for (int i = 0; i < 21; ++i) {
    const double without = one(false);
    more.push_back(one(true) - without);
  }
  std::ranges::sort(more);
  RecordProperty("ms a job", std::to_string(more[more.size() / 2]));
  EXPECT_LT(more[more.size() / 2], 5.0);
}

TEST(WorkerEnvironment, KeepsCredentialsAndSocketsOfTheSessionWithTheProgram) {
  for (const char* variable : {"AWS_SECRET_ACCESS_KEY=a", "GITHUB_TOKEN=a", "Db_Password=a", "SSH_AUTH_SOCK=/run/a",
                               "DISPLAY=:0", "https_proxy=http://me:word@proxy:80"})
    EXPECT_FALSE(is_for_workers(variable)) << variable;
  for (const char* variable : {"PATH=/usr/bin", "LANG=C.UTF-8", "OMP_NUM_THREADS=2", "ISOCENTER_CPU_LEVEL=x86-64-v2",
                               "https_proxy=http://proxy:80"})
    EXPECT_TRUE(is_for_workers(variable)) << variable;
}

}  // namespace
}  // namespace iso::host
