#include "child.h"

#include "host/startup/startup.h"
#include "iso/base/error.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace iso::cli {
namespace {

constexpr std::size_t most_kept = std::size_t{1} << 20;  ///< of what a child prints

}  // namespace

Child::Child(const std::vector<std::string>& arguments) {
  std::array<std::array<int, 2>, 2> pipes{{{-1, -1}, {-1, -1}}};
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  bool good = true;
  for (int i = 0; i < 2; ++i) {
    good = good && ::pipe2(pipes[static_cast<std::size_t>(i)].data(), O_CLOEXEC) == 0;
    ::posix_spawn_file_actions_adddup2(&actions, pipes[static_cast<std::size_t>(i)][1], i + 1);
  }
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setpgroup(&attributes, 0);  // Ctrl-C is for the batch, which passes it on
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  std::string program = "/proc/self/exe";
  std::array<char, 4096> path{};
  if (const ssize_t length = ::readlink(program.c_str(), path.data(), path.size() - 1); length > 0)
    program.assign(path.data(), static_cast<std::size_t>(length));
  std::vector<std::string> words{program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  std::string parent = std::string{host::parent_variable} + "=" + std::to_string(::getpid());
  std::vector<char*> surroundings{parent.data()};
  for (char** entry = environ; *entry != nullptr; ++entry) surroundings.push_back(*entry);
  surroundings.push_back(nullptr);
  const int number =
      good ? ::posix_spawn(&process_, program.c_str(), &actions, &attributes, pointers.data(), surroundings.data())
           : errno;
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  for (std::size_t i = 0; i < 2; ++i) {
    if (pipes[i][1] >= 0) ::close(pipes[i][1]);
    ends_[i] = pipes[i][0];
    if (ends_[i] >= 0) ::fcntl(ends_[i], F_SETFL, O_NONBLOCK);
  }
  if (number == 0) return;
  process_ = -1;
  end();
  throw Error(Errc::internal, "a case cannot be started: " + std::string(std::strerror(number)),
              "check the limits of processes and open files (ulimit -u, ulimit -n)");
}

Child::Child(Child&& other) noexcept { *this = std::move(other); }

Child& Child::operator=(Child&& other) noexcept {
  if (this == &other) return *this;
  end();
  process_ = std::exchange(other.process_, -1);
  for (int i = 0; i < 2; ++i) {
    ends_[i] = std::exchange(other.ends_[i], -1);
    texts_[i] = std::move(other.texts_[i]);
  }
  code_ = other.code_;
  begin_ = other.begin_;
  seconds_ = other.seconds_;
  return *this;
}

Child::~Child() { end(); }

void Child::end() noexcept {
  if (process_ > 0) {
    ::kill(process_, SIGKILL);
    while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
    }
    process_ = -1;
  }
  for (int& file : ends_) {
    if (file >= 0) ::close(file);
    file = -1;
  }
}

void Child::read_all() {
  std::array<char, 4096> bytes{};
  for (int i = 0; i < 2; ++i)
    for (ssize_t count = 0; (count = ::read(ends_[i], bytes.data(), bytes.size())) > 0;)
      if (texts_[i].size() < most_kept) texts_[i].append(bytes.data(), static_cast<std::size_t>(count));
}

bool Child::ended() {
  if (process_ < 0) return true;
  read_all();
  int status = 0;
  if (::waitpid(process_, &status, WNOHANG) != process_) return false;
  process_ = -1;
  read_all();
  seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return true;
}

void Child::interrupt() noexcept {
  if (process_ > 0) ::kill(process_, SIGINT);
}

}  // namespace iso::cli
