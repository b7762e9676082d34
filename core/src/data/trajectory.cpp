#include "iso/data/k_space.h"

#include <cmath>

namespace iso {

Trajectory radial_trajectory(std::int64_t spokes, std::int64_t samples, double first_rad, double step_rad) {
  PixelBuffer coordinates = PixelBuffer::allocate({Shape{3, samples, spokes}, ScalarType::f32});
  auto next = coordinates.values<float>().begin();
  const std::int64_t origin = samples / 2;
  for (std::int64_t spoke = 0; spoke < spokes; ++spoke) {
    const double angle = first_rad + static_cast<double>(spoke) * step_rad;
    for (std::int64_t i = 0; i < samples; ++i) {
      const auto r = static_cast<double>(i - origin);
      *next++ = static_cast<float>(r * std::cos(angle));
      *next++ = static_cast<float>(r * std::sin(angle));
      *next++ = 0;
    }
  }
  Trajectory out;
  out.coordinates = std::move(coordinates);
  return out;
}

}  // namespace iso
