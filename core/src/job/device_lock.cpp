#include "device_lock_impl.h"

#include "iso/base/error.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

namespace iso::job {

DeviceLock::DeviceLock(std::string_view backend, const std::stop_token& stop, const std::function<void()>& waiting) {
  if (!is_exclusive(backend)) return;
  std::string name{backend};
  for (char& c : name)
    if (c == ':' || c == '/') c = '_';
  std::error_code ignored;
  auto folder = std::filesystem::temp_directory_path(ignored);
  if (ignored) folder = "/tmp";
  const auto path = folder / ("isocenter-" + std::to_string(::getuid()) + "-" + name + ".lock");
  file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file_ < 0) return;  // a read-only machine: nothing to hold on to, and no reason to refuse the job
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
