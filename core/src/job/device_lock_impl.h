#pragma once

#include <functional>
#include <stop_token>
#include <string_view>

namespace iso::job {

/// Whether two jobs must not compute on a device at once: those with memory of their own. The only place that says so.
[[nodiscard]] constexpr bool is_exclusive(std::string_view device) noexcept { return device.starts_with("cuda"); }

/// Held while a job computes on a device that must not be shared ("cuda:0"): one job of this user at a time, whichever
/// process runs it, because two fill its memory. Backends in host memory need no lock. Waits for the other job, telling
/// so once; throws cancelled when asked to stop. A file lock, which the kernel gives back when a process ends.
class DeviceLock {
 public:
  DeviceLock(std::string_view backend, const std::stop_token& stop, const std::function<void()>& waiting);
  DeviceLock(const DeviceLock&) = delete;
  DeviceLock& operator=(const DeviceLock&) = delete;
  ~DeviceLock();

 private:
  int file_{-1};
};

}  // namespace iso::job
