#include "device_lock_impl.h"

#include "iso/base/error.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

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

}  // namespace

DeviceLock::DeviceLock(std::string_view backend, const std::stop_token& stop, const std::function<void()>& waiting) {
  if (!is_exclusive(backend)) return;
  std::string name{backend};
  for (char& c : name)
    if (c == ':' || c == '/') c = '_';
  const fs::path folder = lock_folder();
  if (folder.empty()) return;  // a read-only machine: nothing to hold on to, and no reason to refuse the job
  const fs::path path = folder / ("isocenter-" + name + ".lock");
  file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file_ < 0) return;
  for (bool told = false; ::flock(file_, LOCK_EX | LOCK_NB) != 0; told = true) {
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
