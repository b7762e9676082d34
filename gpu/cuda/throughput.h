#pragma once

/// What a device does in a second, for estimates. Guesses from the memory bandwidth and arithmetic of a mid-range card: no
/// device was there to measure on, and estimates say so.
namespace iso::gpu::throughput {

inline constexpr bool measured = false;
inline constexpr double ray_steps_per_s = 1e10;  ///< bilinear samples along rays
inline constexpr double shadows_per_s = 1e10;    ///< voxels times views
inline constexpr double products_per_s = 2e11;   ///< terms of direct sums, in double
inline constexpr double bytes_per_s = 3e11;      ///< read and written

}  // namespace iso::gpu::throughput
