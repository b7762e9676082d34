#include "process.h"

#include "confinement.h"
#include "iso/base/error.h"
#include "iso/base/process_start.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>

namespace iso::host {
namespace {

constexpr std::size_t lines_kept = 20;
constexpr std::size_t longest_line = 2000;
constexpr std::chrono::milliseconds patience{1000};  ///< with a worker that does not read
constexpr std::chrono::milliseconds time_to_clear_up{
    1500};  ///< for its supervisor, which waits a second for the last ones

/// The environment of a worker: ours without credentials and sockets of the session, and threads that sleep while they wait.
class Environment {
 public:
  Environment() {
    for (char** entry = environ; *entry != nullptr; ++entry)
      if (is_for_workers(*entry) && !std::string_view{*entry}.starts_with("OMP_WAIT_POLICY="))
        pointers_.push_back(*entry);
    pointers_.push_back(policy_.data());
    pointers_.push_back(nullptr);
  }
  [[nodiscard]] char* const* get() const noexcept { return pointers_.data(); }

 private:
  std::string policy_{"OMP_WAIT_POLICY=passive"};
  std::vector<char*> pointers_;
};

[[noreturn]] void cannot_start(const std::filesystem::path& program, int number) {
  throw Error(Errc::plugin_crashed, "the worker '" + program.string() + "' cannot be started: " + std::strerror(number),
              "check the installation, and the limits of processes and open files (ulimit -u, ulimit -n)");
}

}  // namespace

WorkerProcess::WorkerProcess(const std::filesystem::path& program) {
  auto [ours, theirs] = socket_pair();
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) cannot_start(program, errno);
  output_ = Descriptor{ends[0]};
  const Descriptor printing{ends[1]};
  ::fcntl(output_.get(), F_SETFL, O_NONBLOCK);
  const Environment environment;
  const StartedProcess started =
      start_process({program,
                     {"--parent=" + std::to_string(::getpid()), "--log=" + std::string{log::to_string(log::level())}},
                     printing.get(),
                     theirs.get(),
                     environment.get()});
  if (started.problem != 0) cannot_start(program, started.problem);
  process_ = started.process;
  channel_.emplace(std::move(ours), patience);
}

WorkerProcess::~WorkerProcess() {
  if (process_ > 0) wait(std::chrono::milliseconds{0});
}

void WorkerProcess::read_output() {
  std::array<char, 4096> bytes;
  for (int rounds = 0; rounds < 64; ++rounds) {  // a task that prints without end must not keep us here
    const ssize_t count = ::read(output_.get(), bytes.data(), bytes.size());
    if (count == 0) output_ended_ = true;
    if (count <= 0) return;
    for (const char c : std::string_view{bytes.data(), static_cast<std::size_t>(count)}) {
      if (c != '\n') {
        if (line_.size() < longest_line) line_ += c;
        continue;
      }
      lines_.push_back(std::exchange(line_, {}));
      if (lines_.size() > lines_kept) lines_.pop_front();
    }
  }
}

void WorkerProcess::await_news(int also, std::chrono::milliseconds patience) const {
  // The end of a file can always be read: whoever closed its output is not looked at for more.
  std::array<pollfd, 3> news{{{channel_->descriptor(), POLLIN, 0}, {also, POLLIN, 0}, {output_.get(), POLLIN, 0}}};
  const std::size_t count = output_ended_ ? 2 : 3;
  (void)::poll(news.data(), count, static_cast<int>(patience.count()));
}

// The supervisor of the worker ends what the task started, too; without an answer of it, at least its group goes.
void WorkerProcess::kill() noexcept {
  if (process_ <= 0) return;
  ::kill(process_, SIGTERM);
  ::kill(process_, SIGCONT);  // it may have been stopped
}

int WorkerProcess::wait(std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  int status = 0;
  auto next = end;
  bool asked = false;
  while (process_ > 0) {
    read_output();
    const pid_t answer = ::waitpid(process_, &status, WNOHANG);
    if (answer == process_ || (answer < 0 && errno != EINTR)) {
      process_ = -1;
      break;
    }
    if (std::chrono::steady_clock::now() >= next) {
      if (asked) ::kill(-process_, SIGKILL);
      if (!asked) kill();
      asked = true;
      next += time_to_clear_up;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  read_output();
  return status;
}

std::string WorkerProcess::tail() {
  std::string text;
  for (const std::string& line : lines_) text += line + "\n";
  if (!line_.empty()) text += line_ + "\n";
  return text;
}

}  // namespace iso::host
