#include "iso/job/estimate.h"

#include "iso/base/threads.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <limits>
#include <sstream>

namespace iso::job {
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

struct OwnBytes {
  [[nodiscard]] static std::size_t of_views(const ProjectionGeometry& geometry) {
    return 2 * geometry.views().size() * sizeof(View);  // the description, and the operator's table made of it
  }
  std::size_t operator()(const compute::RayTransform& spec) const { return of_views(spec.geometry); }
  std::size_t operator()(const compute::Backprojection& spec) const { return of_views(spec.geometry); }
  std::size_t operator()(const compute::DetectorFilter& spec) const {
    const std::size_t row = 2 * spec.response.size() * iso::bytes_of(spec.type);
    return spec.response.size() * sizeof(double) + 2 * row * static_cast<std::size_t>(ThreadBudget::threads());
  }
  std::size_t operator()(const compute::Fourier& spec) const {
    return ArraySpec{spec.grid, spec.type}.bytes() * (spec.centred ? 1 : 0);
  }
  std::size_t operator()(const compute::FiniteDifference&) const { return 0; }
};

}  // namespace

std::size_t operator_bytes(const compute::OperatorSpec& spec) { return std::visit(OwnBytes{}, spec); }

std::size_t bytes_of(const Dataset& data) {
  if (const auto* table = std::get_if<Table>(&data)) {
    std::size_t bytes = 0;
    for (const auto& row : table->values) bytes += row.size() * sizeof(double);
    return bytes;
  }
  const PixelBlock* const pixels = pixels_of(data);
  std::size_t bytes = pixels == nullptr || pixels->empty() ? 0 : pixels->spec().bytes();
  if (const auto* samples = std::get_if<KSpace>(&data); samples != nullptr && samples->coil_sensitivities)
    bytes += samples->coil_sensitivities->spec().bytes();
  return bytes;
}

Estimate estimate(const plugin::Needs& needs, const plugin::Datasets& inputs) {
  Estimate result;
  for (const auto& [port, data] : inputs)
    if (data) result.input_bytes += bytes_of(*data);
  for (const compute::OperatorSpec& spec : needs.operators) result.operator_bytes += operator_bytes(spec);
  result.work_bytes = needs.work_bytes;
  result.seconds = needs.seconds_guess;
  const std::size_t resident = resident_bytes();
  result.process_bytes = resident > result.input_bytes ? resident - result.input_bytes : 0;
  return result;
}

Estimate estimate(const plugin::Task& task, const plugin::Datasets& inputs, const std::string& parameters_json) {
  return estimate(task.needs(inputs, parameters_json), inputs);
}

std::size_t available_memory_bytes() {
  const std::size_t machine = proc_bytes("/proc/meminfo", "MemAvailable:");
  return std::min({machine == 0 ? unlimited : machine, control_group_bytes(), address_space_bytes()});
}

std::size_t resident_bytes() { return proc_bytes("/proc/self/status", "VmRSS:"); }
std::size_t peak_resident_bytes() { return proc_bytes("/proc/self/status", "VmHWM:"); }

std::string in_words(std::size_t bytes) {
  constexpr std::array<const char*, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < units.size()) {
    value /= 1024;
    ++unit;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit < 2 ? "%.0f %s" : "%.1f %s", value, units[unit]);
  return text.data();
}

}  // namespace iso::job
