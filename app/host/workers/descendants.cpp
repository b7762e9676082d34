#include "descendants.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ctime>

namespace iso::host {
namespace {

constexpr int most_rounds = 1000;  ///< of a millisecond

// What getdents64 gives; the C library has no type for it.
struct Entry {
  std::uint64_t inode;
  std::int64_t next;
  unsigned short length;
  unsigned char type;
  char name[1];
};

/// Sends SIGKILL to the processes that a file of numbers names.
void kill_listed(int list) noexcept {
  std::array<char, 4096> text{};
  pid_t number = 0;
  for (ssize_t count = 0; (count = ::read(list, text.data(), text.size())) > 0;)
    for (ssize_t i = 0; i < count; ++i) {
      const char c = text[static_cast<std::size_t>(i)];
      if (c >= '0' && c <= '9') {
        number = number * 10 + (c - '0');
        continue;
      }
      if (number > 0) ::kill(number, SIGKILL);
      number = 0;
    }
}

/// The children of all threads. No memory is asked for: this may run in the handler of a crash.
void kill_children() noexcept {
  const int threads = ::open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (threads < 0) return;
  alignas(Entry) std::array<char, 4096> entries{};
  for (long count = 0; (count = ::syscall(SYS_getdents64, threads, entries.data(), entries.size())) > 0;)
    for (long at = 0; at < count;) {
      const auto* const entry = reinterpret_cast<const Entry*>(entries.data() + at);
      at += entry->length;
      if (entry->name[0] == '.') continue;
      std::array<char, 32> path{};
      std::strncpy(path.data(), entry->name, 12);
      std::strcat(path.data(), "/children");
      const int list = ::openat(threads, path.data(), O_RDONLY | O_CLOEXEC);
      if (list < 0) continue;
      kill_listed(list);
      ::close(list);
    }
  ::close(threads);
}

}  // namespace

void adopt_orphans() noexcept { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }

void end_descendants() noexcept {
  for (int round = 0; round < most_rounds; ++round) {
    pid_t reaped = 0;
    while ((reaped = ::waitpid(-1, nullptr, WNOHANG)) > 0) {
    }
    if (reaped < 0 && errno == ECHILD) return;
    kill_children();
    const timespec pause{0, 1000000};
    ::nanosleep(&pause, nullptr);
  }
}

}  // namespace iso::host
