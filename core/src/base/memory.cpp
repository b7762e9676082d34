#include "iso/base/memory.h"

#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>

namespace iso {
namespace {

constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

/// The number of kilobytes in a line "Name:   123 kB" of a /proc file, in bytes; 0 if there is none.
std::size_t proc_bytes(const char* file, const std::string& name) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(name)) continue;
    std::istringstream rest(line.substr(name.size()));
    std::size_t kilobytes = 0;
    rest >> kilobytes;
    return kilobytes * 1024;
  }
  return 0;
}

std::size_t number_in(const char* file) {
  std::ifstream stream(file);
  std::size_t number = unlimited;
  return stream >> number ? number : unlimited;  // "max" is no number
}

/// What the control group leaves (version 2; a container's own group is at the root of its view).
std::size_t control_group_bytes() {
  const std::size_t limit = number_in("/sys/fs/cgroup/memory.max");
  const std::size_t used = number_in("/sys/fs/cgroup/memory.current");
  if (limit == unlimited || used == unlimited) return unlimited;
  std::size_t reclaimable = 0;
  std::ifstream lines("/sys/fs/cgroup/memory.stat");
  for (std::string name, value; lines >> name >> value;)
    if (name == "inactive_file") reclaimable = std::stoull(value);
  return limit > used ? limit - used + std::min(used, reclaimable) : 0;
}

std::size_t address_space_bytes() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return unlimited;
  const std::size_t used = proc_bytes("/proc/self/status", "VmSize:");
  return limit.rlim_cur > used ? limit.rlim_cur - used : 0;
}

}  // namespace

MachineMemory machine_memory() {
  const std::size_t total = proc_bytes("/proc/meminfo", "MemTotal:"),
                    free = proc_bytes("/proc/meminfo", "MemAvailable:");
  const std::size_t group = number_in("/sys/fs/cgroup/memory.max");
  return {std::min(total == 0 ? unlimited : total, group),
          std::min({free == 0 ? unlimited : free, control_group_bytes(), address_space_bytes()})};
}

std::size_t resident_bytes() { return proc_bytes("/proc/self/status", "VmRSS:"); }
std::size_t peak_resident_bytes() { return proc_bytes("/proc/self/status", "VmHWM:"); }

}  // namespace iso
