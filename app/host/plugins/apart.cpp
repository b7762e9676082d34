#include "host/plugins/apart.h"

#include "iso/base/error.h"
#include "iso/base/process_state.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

namespace iso::host {
namespace {

using Clock = std::chrono::steady_clock;

/// Sent ahead of what a function returned, so that an empty answer is told from none.
constexpr char answered = '+';

struct Apart {
  pid_t process{-1};
  int from{-1};
  std::string text;
};

[[noreturn]] void answer(const std::function<std::string()>& work, int to) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  set_foreign_end(nullptr);  // how it ended is said by the parent
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  const int nowhere = ::open("/dev/null", O_RDWR);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (nowhere >= 0) ::dup2(nowhere, stream);
  std::string text;
  try {
    text = work();
  } catch (...) {
    text = current_error().what();
  }
  text.insert(text.begin(), answered);
  for (std::string_view rest{text}; !rest.empty();) {
    const ssize_t count = ::write(to, rest.data(), rest.size());
    if (count < 0 && errno != EINTR) break;
    rest.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  }
  end_process(0);  // no destructor of the parent's objects runs twice
}

Apart begin(const std::function<std::string()>& work) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {};
  const pid_t process = ::fork();
  if (process == 0) answer(work, ends[1]);
  ::close(ends[1]);
  if (process < 0) {
    ::close(ends[0]);
    return {};
  }
  return {process, ends[0], {}};
}

/// Reads until the other end is closed; false if that is not by `deadline`.
bool read_all(Apart& apart, Clock::time_point deadline) {
  std::array<char, 4096> part{};
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd one{apart.from, POLLIN, 0};
    const int ready = ::poll(&one, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    const ssize_t count = ::read(apart.from, part.data(), part.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return true;
    apart.text.append(part.data(), static_cast<std::size_t>(count));
  }
}

std::string end(Apart apart, Clock::time_point deadline) {
  if (apart.process < 0) return {};  // no process to be had: nothing is known against it
  const bool in_time = read_all(apart, deadline);
  if (!in_time) ::kill(apart.process, SIGKILL);
  int status = 0;
  while (::waitpid(apart.process, &status, 0) < 0 && errno == EINTR) {
  }
  ::close(apart.from);
  if (!apart.text.empty() && apart.text.front() == answered) return apart.text.substr(1);
  if (!in_time) return "its library is not loaded in time";
  const std::string how = WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                                              : "exit code " + std::to_string(WEXITSTATUS(status));
  return "its library ends the program that loads it (" + how + ")";
}

}  // namespace

std::vector<std::string> run_apart(std::span<const std::function<std::string()>> works,
                                   std::chrono::milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  std::vector<Apart> begun;
  begun.reserve(works.size());
  for (const auto& work : works) begun.push_back(begin(work));
  std::vector<std::string> answers;
  answers.reserve(begun.size());
  for (Apart& apart : begun) answers.push_back(end(std::move(apart), deadline));
  return answers;
}

}  // namespace iso::host
