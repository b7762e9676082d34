#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace iso {

/// Where k-space was sampled. Cartesian scans carry a mask, others carry coordinates
/// in cycles per field of view, each in [-n/2, n/2).
struct Trajectory {
  std::vector<std::uint8_t> cartesian_mask;       ///< 1: measured; phase, partition, frame, fastest first. Empty: all
  std::vector<std::array<float, 3>> coordinates;  ///< of every sample: readout, phase, fastest first
  std::vector<float> density_compensation;        ///< a weight a sample, without unit. Empty: none is known
  [[nodiscard]] bool cartesian() const noexcept { return coordinates.empty(); }
};

/// Spokes through the centre at the given angles, `samples` a spoke from -n/2 to n/2.
[[nodiscard]] Trajectory radial_trajectory(std::int64_t spokes, std::int64_t samples, double first_rad,
                                           double step_rad);

}  // namespace iso
