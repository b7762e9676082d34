#pragma once

#include <cstddef>

namespace iso {

/// Main memory. What is available counts what the machine, a control group and the limit of address space leave to this
/// process, and what the system can take back from its caches.
struct MachineMemory {
  std::size_t total{0}, available{0};  ///< bytes
};

[[nodiscard]] MachineMemory machine_memory();
[[nodiscard]] std::size_t resident_bytes();       ///< of this process now
[[nodiscard]] std::size_t peak_resident_bytes();  ///< of this process so far

}  // namespace iso
