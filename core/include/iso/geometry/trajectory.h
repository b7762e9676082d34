#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace iso {

/// Where k-space was sampled. Cartesian scans carry a mask, others carry coordinates
/// in cycles per field of view, each in [-n/2, n/2).
struct Trajectory {
  std::vector<std::uint8_t> cartesian_mask;
  std::vector<std::array<float, 3>> coordinates;
  std::vector<float> density_compensation;
  [[nodiscard]] bool cartesian() const noexcept { return coordinates.empty(); }
};

/// Spokes through the centre at the given angles, `samples` a spoke from -n/2 to n/2.
[[nodiscard]] Trajectory radial_trajectory(std::int64_t spokes, std::int64_t samples, double first_rad,
                                           double step_rad);

}  // namespace iso
