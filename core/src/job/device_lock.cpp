#include "device_lock_impl.h"

#include "iso/base/error.h"
#include "iso/base/log.h"
#include "iso/job/device_locks.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>

namespace iso::job {
namespace {

namespace fs = std::filesystem;

/// A folder, and no link to one, that this user alone may write to.
bool is_private(const fs::path& folder) {
  struct stat status {};
  return ::lstat(folder.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == ::geteuid() &&
         (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/// Where the lock lies: every process of this user must find it, so its name can be guessed, and nobody else may put anything
/// in its place. Empty where there is no such folder.
fs::path lock_folder() {
  if (const char* const runtime = std::getenv("XDG_RUNTIME_DIR"); runtime != nullptr && *runtime == '/')
    if (is_private(runtime)) return runtime;
  std::error_code ignored;
  fs::path folder = fs::temp_directory_path(ignored);
  if (ignored) folder = "/tmp";
  folder /= "isocenter-locks-" + std::to_string(::geteuid());
  ::mkdir(folder.c_str(), 0700);
  return is_private(folder) ? folder : fs::path{};
}

/// Empty where there is no folder for it.
fs::path lock_path(std::string_view device) {
  std::string name{device};
  for (char& c : name)
    if (c == ':' || c == '/') c = '_';
  const fs::path folder = lock_folder();
  return folder.empty() ? folder : folder / ("isocenter-" + name + ".lock");
}

/// The file is never written to, and a lock needs no more than a descriptor that reads: a confined worker gets no other. File
/// systems of a network want one that writes.
int open_lock(const fs::path& path) {
  if (path.empty()) return -1;
  constexpr int flags = O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  const int file = ::open(path.c_str(), flags | O_RDWR, 0600);
  return file >= 0 ? file : ::open(path.c_str(), flags | O_RDONLY, 0600);
}

void say_unlocked(std::string_view device, const std::string& reason) {
  log::warning("core.job", "jobs on the device '", device, "' do not wait for each other, because ", reason);
}

}  // namespace

std::vector<fs::path> device_locks(const compute::BackendRegistry& registry) {
  std::vector<fs::path> paths;
  for (const auto& backend : registry.available()) {
    const std::string device = backend->info().id;
    if (!is_exclusive(device)) continue;
    const fs::path path = lock_path(device);
    const int file = open_lock(path);
    if (file < 0) continue;
    ::close(file);
    paths.push_back(path);
  }
  return paths;
}

DeviceLock::DeviceLock(std::string_view backend, const std::stop_token& stop, const std::function<void()>& waiting) {
  if (!is_exclusive(backend)) return;
  const fs::path path = lock_path(backend);
  file_ = open_lock(path);
  if (file_ < 0) {  // a read-only machine: nothing to hold on to, and no reason to refuse the job
    say_unlocked(backend,
                 path.empty() ? "there is no private folder for a lock" : "'" + path.string() + "' cannot be opened");
    return;
  }
  for (bool told = false; ::flock(file_, LOCK_EX | LOCK_NB) != 0; told = true) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      say_unlocked(backend, "'" + path.string() + "' cannot be locked");
      return;
    }
    if (!told && waiting) waiting();
    if (stop.stop_requested()) {
      ::close(file_);
      throw Error(Errc::cancelled,
                  "the job was cancelled while it waited for the device '" + std::string(backend) + "'");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
}

DeviceLock::~DeviceLock() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace iso::job
