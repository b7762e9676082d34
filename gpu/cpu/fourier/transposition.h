#pragma once

#include <cstdint>

/// Rows of an image and lines across them: transforms go over contiguous lines, which FFTW does twice as fast as over lines side by
/// side (decision 0082).
namespace iso::gpu::cpu {

/// Columns that are turned into lines together: two cache lines of every row.
inline constexpr std::int64_t columns_at_once = 16;

/// The same where whole blocks are turned: more of short lines, so that fewer rows a page apart are begun.
[[nodiscard]] constexpr std::int64_t columns_together(std::int64_t length) noexcept {
  const std::int64_t fit = 8192 / (length > 0 ? length : 1) / columns_at_once * columns_at_once;
  return fit < columns_at_once ? columns_at_once : fit > 4 * columns_at_once ? 4 * columns_at_once : fit;
}

/// Elements from one line to the next: even, so that every line is aligned, and no power of two, so that lines do not meet in
/// the same sets of the cache.
[[nodiscard]] constexpr std::int64_t line_pitch(std::int64_t length) noexcept { return (length + 1) / 2 * 2 + 8; }

}  // namespace iso::gpu::cpu
