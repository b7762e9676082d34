#include "iso/geometry/trajectory.h"

#include <cmath>

namespace iso {

Trajectory radial_trajectory(std::int64_t spokes, std::int64_t samples, double first_rad, double step_rad) {
  Trajectory out;
  out.coordinates.reserve(static_cast<std::size_t>(spokes * samples));
  const std::int64_t origin = samples / 2;
  for (std::int64_t spoke = 0; spoke < spokes; ++spoke) {
    const double angle = first_rad + static_cast<double>(spoke) * step_rad;
    for (std::int64_t i = 0; i < samples; ++i) {
      const auto r = static_cast<double>(i - origin);
      out.coordinates.push_back(
          {static_cast<float>(r * std::cos(angle)), static_cast<float>(r * std::sin(angle)), 0.0F});
    }
  }
  return out;
}

}  // namespace iso
