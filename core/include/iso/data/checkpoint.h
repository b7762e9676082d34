#pragma once

#include "iso/data/pixels.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace iso {

/// The state of a long computation between two iterations: enough to go on as if it had never stopped, to the bit.
struct Checkpoint {
  std::int64_t iteration{0};  ///< iterations that are complete
  std::map<std::string, Pixels> arrays;
  std::map<std::string, double> numbers;
  bool empty() const noexcept { return arrays.empty() && numbers.empty(); }
};

}  // namespace iso
