#include "io/formats/hdf5_rehearsal_impl.h"

#include "io/array_impl.h"
#include "io/formats/hdf5_impl.h"

#include "iso/base/error.h"
#include "iso/base/process_state.h"
#include "iso/base/threads.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <ctime>
#include <deque>
#include <fstream>
#include <mutex>
#include <optional>
#include <thread>

namespace iso::io::detail::h5 {
namespace fs = std::filesystem;
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t most_bytes_of_values = std::uint64_t{8} << 20;  ///< of a file whose values are read twice
constexpr std::uint64_t bytes_a_second = std::uint64_t{32} << 20;  ///< of a file: slower than any that was measured
constexpr rlim_t seconds_at_least = 2;
constexpr std::uint64_t memory_beside = std::uint64_t{1} << 30;
constexpr std::chrono::seconds patience{10};  ///< with a child that takes no processor time

bool in_the_child = false;

struct Limits {
  std::uint64_t addresses;  ///< bytes
  rlim_t seconds;           ///< of processor time
  bool headers_only;
};

Limits limits_for(const fs::path& file) {
  std::error_code problem;
  const auto size = fs::file_size(file, problem);
  const std::uint64_t bytes = problem ? 0 : size;
  std::uint64_t pages = 0;
  std::ifstream{"/proc/self/statm"} >> pages;
  const std::uint64_t now = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return {now + memory_beside + 4 * bytes, seconds_at_least + bytes / bytes_a_second, bytes > most_bytes_of_values};
}

void lower(decltype(RLIMIT_AS) which, rlim_t most) {
  rlimit limit{};
  if (::getrlimit(which, &limit) != 0) return;
  limit.rlim_cur = std::min({most, limit.rlim_cur, limit.rlim_max});
  ::setrlimit(which, &limit);
}

/// The child: does the work and ends, without a word and without anything that this process does at its end.
[[noreturn]] void rehearse_here(const std::function<void()>& work, const Limits& limits) {
  in_the_child = true;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_DUMPABLE, 0);  // no file of its memory
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGXCPU, SIGTERM, SIGINT}) {
    std::signal(signal, SIG_DFL);
  }
  const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (nowhere >= 0) ::dup2(nowhere, stream);
  if (limits.addresses > memory_beside) lower(RLIMIT_AS, limits.addresses);
  lower(RLIMIT_CPU, limits.seconds);
  // Once with the memory as it is in this process, which a child of the child has, once with other bytes in it.
  const pid_t plain = ::fork();
  if (plain > 0) {
    int status = 0;
    while (::waitpid(plain, &status, 0) < 0 && errno == EINTR) {
    }
    if (status != 0) end_process(1);
  } else if (plain == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  }
  // What is used before it was set, or after it was given back, holds no address here: this process ends over it, too.
  if (plain != 0) ::mallopt(M_PERTURB, 0xa5);
  if (plain != 0) H5garbage_collect();  // the library keeps what it gives back, and that has addresses of before
  try {
    ThreadBudget::set(1);  // the threads of the parent are not here
    const Warnings unsaid;
    std::optional<HeadersOnly> headers;
    if (limits.headers_only) headers.emplace();
    work();
  } catch (...) {  // said again, and better, by the reader itself
  }
  ::malloc_trim(0);  // goes through what is free, and ends the child where that was written over
  end_process(0);
}

/// Forks while this thread holds the lock of the library, so that no other thread is within the library: it calls back with the
/// lock held. -1 where there is no process to be had.
pid_t fork_alone_in_library(const std::function<void()>& work, const Limits& limits) {
  struct Call {
    const std::function<void()>& work;
    const Limits& limits;
    pid_t process{-1};
  } call{work, limits};
  const auto fork_once = [](hid_t, const char*, void* data) -> herr_t {
    auto& own = *static_cast<Call*>(data);
    own.process = ::fork();
    if (own.process == 0) rehearse_here(own.work, own.limits);
    return 1;  // no further property
  };
  const Id properties{H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "properties"};
  int at = 0;
  H5Piterate(properties, &at, fork_once, &call);
  return call.process;
}

std::chrono::nanoseconds processor_time(pid_t process) {
  clockid_t clock{};
  timespec used{};
  if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &used) != 0) return {};
  return std::chrono::seconds{used.tv_sec} + std::chrono::nanoseconds{used.tv_nsec};
}

/// How it ended as waitpid says it. Nothing if that is not known: it stood still (a lock that a thread of the parent held, a disk
/// that does not answer), or somebody else waited for it.
std::optional<int> wait_for(pid_t process) {
  auto pause = std::chrono::microseconds{100};
  auto looked = Clock::now();
  auto used = processor_time(process);
  while (true) {
    int status = 0;
    const pid_t ended = ::waitpid(process, &status, WNOHANG);
    if (ended == process) return status;
    if (ended < 0 && errno != EINTR) return std::nullopt;
    if (Clock::now() - looked > patience) {
      const auto now = processor_time(process);
      if (now - used < std::chrono::milliseconds{1}) break;
      used = now;
      looked = Clock::now();
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 5 / 4, std::chrono::microseconds{5000});
  }
  ::kill(process, SIGKILL);
  while (::waitpid(process, nullptr, 0) < 0 && errno == EINTR) {
  }
  return std::nullopt;
}

/// A rehearsal that went well, of a file as it was then.
struct Done {
  dev_t device;
  ino_t number;
  off_t bytes;
  std::int64_t seconds, nanoseconds;
  Rehearsal what;
  bool operator==(const Done&) const = default;
};

Done to_done(const fs::path& file, Rehearsal what) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec, what};
}

/// The last ones: a desktop asks several things of a file before it reads it.
class Remembered {
 public:
  static Remembered& get() {
    static Remembered one;
    return one;
  }
  /// To recognise a file is a part of all the others.
  bool holds(const Done& asked) {
    if (asked.what == Rehearsal::reading) return false;
    const std::lock_guard lock{mutex_};
    return std::ranges::any_of(list_, [&](Done done) {
      if (asked.what == Rehearsal::recognising) done.what = asked.what;
      return done == asked;
    });
  }
  void keep(const Done& done) {
    const std::lock_guard lock{mutex_};
    if (std::ranges::find(list_, done) != list_.end()) return;
    if (list_.size() >= 32) list_.pop_front();
    list_.push_back(done);
  }

 private:
  std::mutex mutex_;  // guards list_
  std::deque<Done> list_;
};

[[noreturn]] void refuse(const fs::path& file, int status) {
  const bool endless = WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU;
  throw Error{Errc::cannot_read,
              "'" + file.string() + "' is damaged: the HDF5 library " + (endless ? "comes to no end" : "breaks down") +
                  " over the structure of the file",
              "take another copy of it, or let the program that wrote it write it again"};
}

}  // namespace

bool is_rehearsal() noexcept { return in_the_child; }

void rehearse(const fs::path& file, Rehearsal what, const std::function<void()>& work) {
  if (in_the_child || !looks_like_hdf5(file)) return;
  const Done done = to_done(file, what);
  if (Remembered::get().holds(done)) return;
  prepare_driver();
  const Quiet quiet;
  const pid_t process = fork_alone_in_library(work, limits_for(file));
  if (process < 0)
    return;  // within a worker, which ends alone, or no process is to be had: nothing is known against the file
  const std::optional<int> status = wait_for(process);
  if (!status) return;
  if (WIFEXITED(*status) && WEXITSTATUS(*status) == 0) return Remembered::get().keep(done);
  // Killed by somebody else (memory of the machine, the user): nothing is known, either.
  if (WIFSIGNALED(*status) && (WTERMSIG(*status) == SIGKILL || WTERMSIG(*status) == SIGTERM)) return;
  refuse(file, *status);
}

}  // namespace iso::io::detail::h5
