#include "iso/base/process_start.h"

#include "iso/base/channel.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <set>
#include <sstream>
#include <string>

namespace iso {
namespace {

/// What a program prints, and the status it ends with.
std::string to_answer(ProcessStart how, int& status) {
  std::array<int, 2> ends{-1, -1};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  auto [ours, theirs] = wire::socket_pair();
  how.output = ends[1], how.socket = theirs.get();
  const StartedProcess started = start_process(how);
  EXPECT_EQ(started.problem, 0);
  ::close(ends[1]);
  std::string text;
  std::array<char, 256> part{};
  for (ssize_t count = 0; (count = ::read(ends[0], part.data(), part.size())) > 0;)
    text.append(part.data(), static_cast<std::size_t>(count));
  ::close(ends[0]);
  EXPECT_EQ(::waitpid(started.process, &status, 0), started.process);
  return text;
}

TEST(ProcessStart, GivesAProcessItsOutputItsSocketAndNoOtherFile) {
  const int open_here = ::fcntl(STDIN_FILENO, F_DUPFD, 200);  // inherited, as of a library that knows no close-on-exec
  int status = -1;
  const std::string text = to_answer({.program = "/bin/sh", .arguments = {"-c", "echo /proc/$$/fd/*"}}, status);
  ::close(open_here);
  EXPECT_EQ(status, 0);
  std::set<std::string> files;
  std::istringstream words{text};
  for (std::string word; words >> word;) files.insert(word.substr(word.rfind('/') + 1));
  for (const char* const expected : {"0", "1", "2", "3"}) EXPECT_TRUE(files.contains(expected)) << text;
  EXPECT_FALSE(files.contains(std::to_string(open_here))) << text;
}

TEST(ProcessStart, GivesAProcessAGroupOfItsOwnAndSignalsAsAtAFreshStart) {
  struct sigaction before {};
  struct sigaction ignored {};
  ignored.sa_handler = SIG_IGN;
  ::sigaction(SIGTERM, &ignored, &before);
  int status = -1;
  const std::string text = to_answer({.program = "/bin/sh", .arguments = {"-c", "kill -TERM -$$; echo alive"}}, status);
  ::sigaction(SIGTERM, &before, nullptr);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM) << status << text;
}

TEST(ProcessStart, HandsTheSurroundingsOver) {
  std::string variable = "ISO_TEST_WORD=here";
  std::array<char*, 2> surroundings{variable.data(), nullptr};
  int status = -1;
  EXPECT_EQ(
      to_answer({.program = "/bin/sh", .arguments = {"-c", "echo $ISO_TEST_WORD"}, .environment = surroundings.data()},
                status),
      "here\n");
}

TEST(ProcessStart, SaysWhyThereIsNone) {
  auto [ours, theirs] = wire::socket_pair();
  EXPECT_EQ(start_process({.program = "/no/such/program", .socket = theirs.get()}).problem, ENOENT);
  EXPECT_EQ(start_process({.program = "/bin/true", .socket = -1}).problem, EBADF);
}

}  // namespace
}  // namespace iso
