#pragma once

#include "iso/geometry/vec3.h"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace iso {

enum class Beyond : std::uint8_t {
  outside,  ///< what lies beyond the border belongs to no set: a voxel at the border is one voxel away from it
  unknown   ///< the border says nothing
};

/// Squared Euclidean distance in mm^2 of every voxel of a set to the centre of the nearest voxel outside of it, 0 outside.
/// Exact, in time linear in the voxels. Axes of one voxel have no border. Where nothing is outside it is `farthest2`.
/// Source   P. F. Felzenszwalb and D. P. Huttenlocher, Theory of Computing 8 (2012) 415, one axis after the other.
/// Errors   invalid_input if `set` does not have the voxels of `size`, or a spacing is not above 0.
[[nodiscard]] std::vector<float> distance2_within(std::span<const std::uint8_t> set,
                                                  const std::array<std::int64_t, 3>& size, const Vec3& spacing_mm,
                                                  Beyond beyond);
inline constexpr float farthest2 = 1e30F;

/// Signed distance in mm to the surface between the set and its outside, positive inside: half a voxel off the distances to
/// centres, so that it is 0 between two voxels. Where there is no surface it is plus or minus 1e15.
[[nodiscard]] std::vector<float> signed_distance(std::span<const std::uint8_t> set,
                                                 const std::array<std::int64_t, 3>& size, const Vec3& spacing_mm);

}  // namespace iso
