#include "iso/base/process_start.h"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace iso {
namespace {

constexpr int socket_in_child = 3;

/// The same file under a number of 10 or more, which never collides with 0 to 3: dup2 onto itself would keep close-on-exec in
/// older C libraries.
class MovedUp {
 public:
  explicit MovedUp(int from) : file_{::fcntl(from, F_DUPFD_CLOEXEC, 10)} {}
  MovedUp(const MovedUp&) = delete;
  MovedUp& operator=(const MovedUp&) = delete;
  ~MovedUp() {
    if (file_ >= 0) ::close(file_);
  }
  [[nodiscard]] int get() const noexcept { return file_; }

 private:
  int file_;
};

class Settings {
 public:
  Settings(int socket, int output) {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) {
      if (output >= 0)
        ::posix_spawn_file_actions_adddup2(&actions, output, stream);
      else
        ::posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_WRONLY, 0);
    }
    ::posix_spawn_file_actions_adddup2(&actions, socket, socket_in_child);
    // Files that a library has open without close-on-exec stay ours: their locks would live as long as the process.
    ::posix_spawn_file_actions_addclosefrom_np(&actions, socket_in_child + 1);
    ::posix_spawnattr_init(&attributes);
    sigset_t none, all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  Settings(const Settings&) = delete;
  Settings& operator=(const Settings&) = delete;
  ~Settings() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

}  // namespace

StartedProcess start_process(const ProcessStart& how) {
  const MovedUp socket{how.socket};
  if (socket.get() < 0) return {-1, errno};
  const MovedUp output{how.output};
  if (how.output >= 0 && output.get() < 0) return {-1, errno};
  const Settings settings{socket.get(), output.get()};
  std::vector<std::string> words{how.program.string()};
  words.insert(words.end(), how.arguments.begin(), how.arguments.end());
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  StartedProcess started;
  started.problem = ::posix_spawn(&started.process, how.program.c_str(), &settings.actions, &settings.attributes,
                                  pointers.data(), how.environment == nullptr ? environ : how.environment);
  if (started.problem != 0) started.process = -1;
  return started;
}

}  // namespace iso
