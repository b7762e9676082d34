#pragma once

#include <iso/base/threads.h>

#include <cstdint>

/// What one thread of the device cpu does in a second, for estimates; a mean over the shapes of the benchmark. Measured by
/// `ISO_THREADS=1 build/release/bin/cpu_benchmarks`, whose column `of_estimate` is the measured time over the estimate.
namespace iso::gpu::cpu::throughput {

inline constexpr double plane_samples_per_s = 9e8;  ///< linear samples along rays within slices
inline constexpr double space_samples_per_s = 3e8;  ///< bilinear samples along rays in space
inline constexpr double plane_shadows_per_s =
    9e8;  ///< voxels times views, one detector row; the adjoint takes 4 times as long
inline constexpr double space_shadows_per_s = 6e8;     ///< the same with detector rows above one another
inline constexpr double filter_flops_per_s = 1.8e10;   ///< 5 n log2 n a row, of which real transforms do half
inline constexpr double fourier_flops_per_s = 1.3e10;  ///< 5 n log2 n a line, of padded grids
inline constexpr double line_flops_per_s =
    2.5e10;  ///< the same of contiguous lines: 4.8e10 in the cache, 1.6e10 beyond
inline constexpr double odd_line_flops_per_s = 5e9;  ///< where n has a prime factor above 13
inline constexpr double kernel_terms_per_s = 4e8;    ///< voxels times centres, eight features; a guess, not measured
inline constexpr double bytes_per_s = 1.1e10;        ///< read and written by what only moves memory

/// Seconds on the threads of the budget: all operators share their work out.
[[nodiscard]] inline double seconds(double work, double per_second) {
  return work / (per_second * static_cast<double>(ThreadBudget::threads()));
}
/// Seconds of Fourier transforms along lines of `length` through so many elements.
[[nodiscard]] inline double line_seconds(double elements, std::int64_t length) {
  std::int64_t rest = length;
  for (const std::int64_t factor : {2, 3, 5, 7, 11, 13})
    while (rest > 1 && rest % factor == 0) rest /= factor;
  double doublings = 0;
  for (double n = 1; n < static_cast<double>(length); n *= 2) ++doublings;
  return seconds(5 * elements * doublings, rest > 1 ? odd_line_flops_per_s : line_flops_per_s);
}
/// Seconds of an operator that reads and writes so many bytes, whatever it computes: no operator takes less.
[[nodiscard]] inline double moving_seconds(std::size_t bytes) {
  return seconds(2 * static_cast<double>(bytes), bytes_per_s);
}
[[nodiscard]] inline std::size_t threads() { return static_cast<std::size_t>(ThreadBudget::threads()); }

}  // namespace iso::gpu::cpu::throughput
