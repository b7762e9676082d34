#include "io/formats/hdf5_impl.h"
#include "io/reading/messages_impl.h"

#include "iso/base/error.h"
#include "iso/base/log.h"
#include "iso/base/memory.h"
#include "iso/base/process_state.h"
#include "iso/data/shared_pixels.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <csignal>
#include <ctime>
#include <fstream>
#include <iostream>
#include <utility>

/// The program isocenter-reader. It starts no thread and reads nothing itself: each file is read by a child, which begins
/// with the same clean memory, and ends.
namespace iso::io {
namespace detail {
namespace {

bool reading_child = false, unlimited = false;
double seconds_allowed = 2;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;  // such a program takes terabytes of addresses and ten times the time
#else
constexpr bool sanitized = false;
#endif
constexpr double bytes_a_second = 16 << 20;  ///< slower than any that was measured

void limit_time() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_CPU, &limit) != 0) return;
  limit.rlim_cur = std::min(limit.rlim_max, static_cast<rlim_t>(std::ceil(seconds_allowed * (sanitized ? 10 : 1))));
  ::setrlimit(RLIMIT_CPU, &limit);
}

}  // namespace

bool is_reading_child() noexcept { return reading_child; }

void allow_time_for(std::size_t bytes) noexcept {
  if (!reading_child || unlimited) return;
  seconds_allowed += static_cast<double>(bytes) / bytes_a_second;
  limit_time();
}

namespace reading {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds patience{60};  ///< with a child that takes no processor time
constexpr std::size_t addresses_beside = std::size_t{1} << 30;

struct Running {
  pid_t process;
  wire::Descriptor reply;
  Clock::time_point looked;
  std::chrono::nanoseconds used{};
  bool stood_still{false}, told_to_end{false};
};

/// The child: answers and ends, without anything that a program does at its end.
[[noreturn]] void read_and_end(const Question& question, wire::Descriptor reply) {
  reading_child = true;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_DUMPABLE, 0);  // no file of its memory
  std::ofstream{"/proc/self/oom_score_adj"} << 500;
  std::error_code problem;
  std::filesystem::current_path(question.folder, problem);
  const auto bytes = std::filesystem::file_size(question.file, problem);
  allow_time_for(problem ? 0 : static_cast<std::size_t>(bytes));
  std::size_t pages = 0;
  std::ifstream{"/proc/self/statm"} >> pages;
  const rlim_t addresses =
      pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) + addresses_beside + machine_memory().available;
  rlimit limit{};
  if (!sanitized && pages > 0 && ::getrlimit(RLIMIT_AS, &limit) == 0) {
    limit.rlim_cur = std::min({addresses, limit.rlim_cur, limit.rlim_max});
    ::setrlimit(RLIMIT_AS, &limit);
  }
  allocate_shared();
  try {
    wire::Packer packer;
    const nlohmann::json done = answer(question, packer);
    wire::Channel{std::move(reply)}.send(done, packer.descriptors());
  } catch (...) {
    end_process(exit_code(current_error().code()));
  }
  end_process(0);
}

std::chrono::nanoseconds processor_time(pid_t process) {
  clockid_t clock{};
  timespec used{};
  if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &used) != 0) return {};
  return std::chrono::seconds{used.tv_sec} + std::chrono::nanoseconds{used.tv_nsec};
}

class Server {
 public:
  int run() {
    while (true) {
      wait();
      reap();
      watch();
      if (!take()) break;
    }
    for (const Running& child : running_) ::kill(child.process, SIGKILL);
    return 0;
  }

 private:
  void wait() {
    std::vector<pollfd> places{{control_.descriptor(), POLLIN, 0}};
    // One that was told to end is waited for by its signal; its socket would have something to say again and again.
    for (const Running& child : running_) places.push_back({child.told_to_end ? -1 : child.reply.get(), 0, 0});
    sigset_t none;
    ::sigemptyset(&none);
    const timespec pause{5, 0};
    ::ppoll(places.data(), places.size(), running_.empty() ? nullptr : &pause, &none);
    for (std::size_t i = 1; i < places.size(); ++i)  // who asked is gone
      if ((places[i].revents & (POLLHUP | POLLERR)) != 0) {
        running_[i - 1].told_to_end = true;
        ::kill(running_[i - 1].process, SIGKILL);
      }
  }

  void reap() {
    int status = 0;
    for (pid_t ended = 0; (ended = ::waitpid(-1, &status, WNOHANG)) > 0;) {
      const auto found = std::ranges::find_if(running_, [&](const Running& child) { return child.process == ended; });
      if (found == running_.end()) continue;
      if (status != 0)
        tell(found->reply, {WIFSIGNALED(status) ? WTERMSIG(status) : 0, WIFEXITED(status) ? WEXITSTATUS(status) : 0,
                            found->stood_still});
      running_.erase(found);
    }
  }

  static void tell(wire::Descriptor& reply, const End& end) {
    try {
      wire::Channel{std::move(reply), std::chrono::milliseconds{1000}}.send(to_json(end));
    } catch (const Error&) {  // NOLINT(bugprone-empty-catch): who asked is gone
    }
  }

  /// A disk may not answer; or a lock was written over.
  void watch() {
    for (Running& child : running_) {
      if (Clock::now() - child.looked < patience) continue;
      const auto used = processor_time(child.process);
      child.stood_still = used - child.used < std::chrono::milliseconds{1};
      if (child.stood_still) ::kill(child.process, SIGKILL);
      child.used = used;
      child.looked = Clock::now();
    }
  }

  /// False when the other end is gone.
  bool take() {
    try {
      wire::Message message;
      while (true) {
        const auto got = control_.receive(message, std::chrono::milliseconds{0});
        if (got != wire::Channel::Got::message) return got != wire::Channel::Got::closed;
        if (message.descriptors.size() == 1) start(message);
      }
    } catch (const Error&) {
      return false;
    }
  }

  void start(wire::Message& message) {
    wire::Descriptor reply = std::move(message.descriptors[0]);
    const Question question = question_from(message.body);
    const pid_t process = ::fork();
    if (process == 0) {
      running_.clear();
      sigset_t none;
      ::sigemptyset(&none);
      ::sigprocmask(SIG_SETMASK, &none, nullptr);
      ::close(control_.descriptor());
      read_and_end(question, std::move(reply));
    }
    if (process < 0) return tell(reply, {0, exit_code(Errc::internal), false});
    running_.push_back({process, std::move(reply), Clock::now()});
  }

  wire::Channel control_{wire::Descriptor{socket_number}};
  std::vector<Running> running_;
};

}  // namespace
}  // namespace reading
}  // namespace detail

int serve_reader(int, char**) {
  struct stat status {};
  if (::fstat(detail::reading::socket_number, &status) != 0 || !S_ISSOCK(status.st_mode)) {
    std::cerr << "isocenter-reader is started by isocenter, not by hand\n";
    return exit_code(Errc::usage);
  }
  ::fcntl(detail::reading::socket_number, F_SETFD, FD_CLOEXEC);
  (void)!::chdir("/");
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  log::set_level(log::Level::quiet);  // warnings travel with the answer
  struct sigaction child {};
  child.sa_handler = [](int) {};
  ::sigaction(SIGCHLD, &child, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t blocked;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &blocked, nullptr);
  (void)handlers();
  detail::h5::prepare_library();
  return detail::reading::Server{}.run();
}

void read_as_child() {
  detail::h5::prepare_library();
  detail::reading_child = detail::unlimited = true;
}

}  // namespace iso::io
