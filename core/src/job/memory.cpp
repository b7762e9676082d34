#include "iso/job/estimate.h"

#include "iso/base/memory.h"
#include "iso/base/threads.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace iso::job {

Estimate estimate(const plugin::Plan& plan, const plugin::Descriptions& inputs, const compute::Backend& backend,
                  InputMemory where) {
  Estimate result;
  for (const auto& [port, items] : inputs)
    for (const Description& item : items.all()) result.input_bytes += item.bytes();
  result.seconds = plan.seconds;
  for (const plugin::PlannedOperator& planned : plan.operators) {
    const compute::OperatorCost cost = backend.cost(planned.spec);
    result.operator_bytes += cost.kept_bytes + cost.scratch_bytes;
    result.seconds += planned.applications * cost.seconds;
  }
  result.work_bytes = plan.bytes;
  const std::size_t resident = resident_bytes();
  const std::size_t counted = where == InputMemory::resident ? result.input_bytes : 0;
  result.process_bytes = resident > counted ? resident - counted : 0;
  return result;
}

std::size_t available_memory_bytes() { return machine_memory().available; }
std::size_t resident_bytes() { return iso::resident_bytes(); }
std::size_t peak_resident_bytes() { return iso::peak_resident_bytes(); }

std::string in_words(std::size_t bytes) {
  constexpr std::array<const char*, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
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
