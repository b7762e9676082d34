#include "iso/data/axis.h"

#include <limits>

namespace iso {

double Axis::at(std::size_t position) const noexcept {
  if (values.empty()) return first + step * static_cast<double>(position);
  return position < values.size() ? values[position] : std::numeric_limits<double>::quiet_NaN();
}

std::vector<double> Axis::sampled(std::size_t count) const {
  std::vector<double> all;
  if (empty()) return all;
  all.reserve(count);
  for (std::size_t i = 0; i < count; ++i) all.push_back(at(i));
  return all;
}

}  // namespace iso
