#pragma once

#include <complex>
#include <cstdint>
#include <cstring>

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

/// Two elements of two lines, as two elements of two rows; its own inverse.
inline void turn_square(const std::complex<float>* a, const std::complex<float>* b, std::complex<float>* c,
                        std::complex<float>* d) noexcept {
  using Pair = float __attribute__((vector_size(16)));
  Pair u, v;
  std::memcpy(&u, a, sizeof u);
  std::memcpy(&v, b, sizeof v);
  const Pair first = __builtin_shufflevector(u, v, 0, 1, 4, 5), second = __builtin_shufflevector(u, v, 2, 3, 6, 7);
  std::memcpy(static_cast<void*>(c), &first, sizeof first);
  std::memcpy(static_cast<void*>(d), &second, sizeof second);
}
inline void turn_square(const std::complex<double>* a, const std::complex<double>* b, std::complex<double>* c,
                        std::complex<double>* d) noexcept {
  const std::complex<double> x = a[0], y = a[1], z = b[0], w = b[1];
  c[0] = x, c[1] = z, d[0] = y, d[1] = w;
}

/// Element k of line j, at lines[j * pitch + k], becomes element j of row k. `row(k, slot)` gives where that row begins; slot is 0
/// or 1, for a caller that keeps two rows. At most `columns_at_once` columns.
template <class Value, class Row>
void to_lines(std::int64_t rows, std::int64_t columns, Value* lines, std::int64_t pitch, Row&& row) {
  for (std::int64_t k = 0; k < rows; k += 2) {
    const Value* const a = row(k, 0);
    if (k + 1 == rows) {
      for (std::int64_t j = 0; j < columns; ++j) lines[j * pitch + k] = a[j];
      return;
    }
    const Value* const b = row(k + 1, 1);
    Value* to = lines + k;
    std::int64_t j = 0;
    for (; j + 1 < columns; j += 2, to += 2 * pitch) turn_square(a + j, b + j, to, to + pitch);
    if (j < columns) to[0] = a[j], to[1] = b[j];
  }
}

/// The inverse: `row(k, slot)` gives where row k is to be written, `done(k, row)` is called when it is.
template <class Value, class Row, class Done>
void from_lines(std::int64_t rows, std::int64_t columns, const Value* lines, std::int64_t pitch, Row&& row,
                Done&& done) {
  for (std::int64_t k = 0; k < rows; k += 2) {
    Value* const a = row(k, 0);
    if (k + 1 == rows) {
      for (std::int64_t j = 0; j < columns; ++j) a[j] = lines[j * pitch + k];
      done(k, a);
      return;
    }
    Value* const b = row(k + 1, 1);
    const Value* from = lines + k;
    std::int64_t j = 0;
    for (; j + 1 < columns; j += 2, from += 2 * pitch) turn_square(from, from + pitch, a + j, b + j);
    if (j < columns) a[j] = from[0], b[j] = from[1];
    done(k, a);
    done(k + 1, b);
  }
}

}  // namespace iso::gpu::cpu
