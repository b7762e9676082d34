#pragma once

#include "gpu/cpu/kernels/kernels.h"

/// Rows turned into lines and back. Numbers are moved and multiplied, and products are rounded before they are added (the build sets
/// -ffp-contract=off): every level gives the same bits.
namespace iso::gpu::cpu {

enum class Factors { none, real, complex };

/// `width` complex numbers in single precision.
template <int width>
struct Numbers {
  typedef float Parts __attribute__((vector_size(8 * width)));
  typedef double Whole __attribute__((vector_size(8 * width)));
  typedef std::uint64_t Bits __attribute__((vector_size(8 * width)));
};

/// As many as a register holds: what is left over is turned in smaller squares.
#if defined(__AVX512F__)
inline constexpr int widest_square = 8;
#elif defined(__AVX__)
inline constexpr int widest_square = 4;
#else
inline constexpr int widest_square = 2;
#endif

template <Factors factors, int width>
static inline typename Numbers<width>::Whole load_numbers(const float* from, const float* factor) {
  typename Numbers<width>::Parts v;
  __builtin_memcpy(&v, from, sizeof v);
  if constexpr (factors == Factors::real) v = v * factor[0];
  if constexpr (factors == Factors::complex) {
    using Bits = typename Numbers<width>::Bits;
    using Parts = typename Numbers<width>::Parts;
    const Bits bits = (Bits)v;
    Parts signs = {};
    for (int i = 0; i < 2 * width; ++i) signs[i] = i % 2 == 0 ? -1.0f : 1.0f;
    v = v * factor[0] +
        (Parts)((bits << 32) | (bits >> 32)) * (signs * factor[1]);  // the parts of each number change places
  }
  return (typename Numbers<width>::Whole)v;
}

template <bool add, int width>
static inline void store_numbers(const typename Numbers<width>::Whole& whole, float* to) {
  typename Numbers<width>::Parts v = (typename Numbers<width>::Parts)whole;
  if constexpr (add) {
    typename Numbers<width>::Parts before;
    __builtin_memcpy(&before, to, sizeof before);
    v = v + before;
  }
  __builtin_memcpy(to, &v, sizeof v);
}

/// What is turned: element j of row k, at from[k from_stride + j] in complex numbers, becomes element k of row j at to[j to_stride + k].
template <class T>
struct Turn {
  const T* from;
  std::int64_t from_stride;
  const T* factors;  ///< a complex number for every row of `from`
  T* to;
  std::int64_t to_stride;
  [[nodiscard]] const T* row(std::int64_t k, std::int64_t j) const { return from + 2 * (k * from_stride + j); }
  [[nodiscard]] const T* factor(std::int64_t k) const { return factors == nullptr ? nullptr : factors + 2 * k; }
  [[nodiscard]] T* line(std::int64_t j, std::int64_t k) const { return to + 2 * (j * to_stride + k); }
};

template <Factors factors, bool add>
static inline void turn_square(const Turn<float>& t, std::int64_t k, std::int64_t j, Numbers<2>*) {
  using V = Numbers<2>::Whole;
  const V a = load_numbers<factors, 2>(t.row(k, j), t.factor(k)),
          b = load_numbers<factors, 2>(t.row(k + 1, j), t.factor(k + 1));
  store_numbers<add, 2>(__builtin_shufflevector(a, b, 0, 2), t.line(j, k));
  store_numbers<add, 2>(__builtin_shufflevector(a, b, 1, 3), t.line(j + 1, k));
}

template <Factors factors, bool add>
static inline void turn_square(const Turn<float>& t, std::int64_t k, std::int64_t j, Numbers<4>*) {
  using V = Numbers<4>::Whole;
  V r[4];
  for (int i = 0; i < 4; ++i) r[i] = load_numbers<factors, 4>(t.row(k + i, j), t.factor(k + i));
  const V a = __builtin_shufflevector(r[0], r[1], 0, 4, 2, 6), b = __builtin_shufflevector(r[0], r[1], 1, 5, 3, 7),
          c = __builtin_shufflevector(r[2], r[3], 0, 4, 2, 6), d = __builtin_shufflevector(r[2], r[3], 1, 5, 3, 7);
  store_numbers<add, 4>(__builtin_shufflevector(a, c, 0, 1, 4, 5), t.line(j, k));
  store_numbers<add, 4>(__builtin_shufflevector(b, d, 0, 1, 4, 5), t.line(j + 1, k));
  store_numbers<add, 4>(__builtin_shufflevector(a, c, 2, 3, 6, 7), t.line(j + 2, k));
  store_numbers<add, 4>(__builtin_shufflevector(b, d, 2, 3, 6, 7), t.line(j + 3, k));
}

template <Factors factors, bool add>
static inline void turn_square(const Turn<float>& t, std::int64_t k, std::int64_t j, Numbers<8>*) {
  using V = Numbers<8>::Whole;
  V r[8], quarter[8];
  for (int i = 0; i < 8; ++i) r[i] = load_numbers<factors, 8>(t.row(k + i, j), t.factor(k + i));
  for (int half = 0; half < 8; half += 4) {
    const V a = __builtin_shufflevector(r[half], r[half + 1], 0, 8, 2, 10, 4, 12, 6, 14),
            b = __builtin_shufflevector(r[half], r[half + 1], 1, 9, 3, 11, 5, 13, 7, 15),
            c = __builtin_shufflevector(r[half + 2], r[half + 3], 0, 8, 2, 10, 4, 12, 6, 14),
            d = __builtin_shufflevector(r[half + 2], r[half + 3], 1, 9, 3, 11, 5, 13, 7, 15);
    quarter[half] = __builtin_shufflevector(a, c, 0, 1, 8, 9, 4, 5, 12, 13);      // columns 0 and 4
    quarter[half + 1] = __builtin_shufflevector(b, d, 0, 1, 8, 9, 4, 5, 12, 13);  // 1 and 5
    quarter[half + 2] = __builtin_shufflevector(a, c, 2, 3, 10, 11, 6, 7, 14, 15);
    quarter[half + 3] = __builtin_shufflevector(b, d, 2, 3, 10, 11, 6, 7, 14, 15);
  }
  for (int i = 0; i < 4; ++i) {
    const V low = __builtin_shufflevector(quarter[i], quarter[i + 4], 0, 1, 2, 3, 8, 9, 10, 11),
            high = __builtin_shufflevector(quarter[i], quarter[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    store_numbers<add, 8>(low, t.line(j + i, k));
    store_numbers<add, 8>(high, t.line(j + i + 4, k));
  }
}

template <Factors factors, class T>
static inline void multiplied(const T* from, const T* factor, T* re, T* im) {
  *re = from[0], *im = from[1];
  if constexpr (factors == Factors::real) *re = *re * factor[0], *im = *im * factor[0];
  if constexpr (factors == Factors::complex) {
    *re = from[0] * factor[0] - from[1] * factor[1];
    *im = from[1] * factor[0] + from[0] * factor[1];
  }
}

template <Factors factors, bool add, class T>
static inline void turn_square(const Turn<T>& t, std::int64_t k, std::int64_t j, Numbers<1>*) {
  T re, im, *const to = t.line(j, k);
  multiplied<factors>(t.row(k, j), t.factor(k), &re, &im);
  to[0] = add ? to[0] + re : re, to[1] = add ? to[1] + im : im;
}

/// Rows [k, k_end) and columns [j, j_end); `by_columns`: what is written together lies together.
template <Factors factors, bool add, bool by_columns, int width, class T>
static void turn_region(const Turn<T>& t, std::int64_t k, std::int64_t k_end, std::int64_t j, std::int64_t j_end) {
  const std::int64_t rows_end = k + (k_end - k) / width * width, columns_end = j + (j_end - j) / width * width;
  const auto rest = [&](std::int64_t k0, std::int64_t k1, std::int64_t j0, std::int64_t j1) {
    if constexpr (width > 1)
      if (k0 < k1 && j0 < j1) turn_region<factors, add, by_columns, width / 2>(t, k0, k1, j0, j1);
  };
  const auto turn = [&](std::int64_t row, std::int64_t column) {
    turn_square<factors, add>(t, row, column, static_cast<Numbers<width>*>(nullptr));
  };
  if constexpr (by_columns) {
    for (std::int64_t column = j; column < columns_end; column += width) {
      for (std::int64_t row = k; row < rows_end; row += width) turn(row, column);
      rest(rows_end, k_end, column, column + width);
    }
    rest(k, k_end, columns_end, j_end);
  } else {
    for (std::int64_t row = k; row < rows_end; row += width) {
      for (std::int64_t column = j; column < columns_end; column += width) turn(row, column);
      rest(row, row + width, columns_end, j_end);
    }
    rest(rows_end, k_end, j, j_end);
  }
}

/// Before FFTW's code for older instruction sets runs, which otherwise takes three times as long. GCC 12 forgets it where one function
/// of this file calls another.
static inline void leave_wide_registers() {
#if defined(__AVX__)
  __builtin_ia32_vzeroupper();
#endif
}

template <class T>
inline constexpr int square = sizeof(T) == sizeof(float) ? widest_square : 1;

template <class T>
static void to_lines(const T* rows, std::int64_t stride, std::int64_t count, std::int64_t columns, const T* factors,
                     bool real, T* lines, std::int64_t pitch) {
  const Turn<T> t{rows, stride, factors, lines, pitch};
  if (factors == nullptr)
    turn_region<Factors::none, false, false, square<T>>(t, 0, count, 0, columns);
  else if (real)
    turn_region<Factors::real, false, false, square<T>>(t, 0, count, 0, columns);
  else
    turn_region<Factors::complex, false, false, square<T>>(t, 0, count, 0, columns);
  leave_wide_registers();
}

template <class T>
static void from_lines(const T* lines, std::int64_t pitch, std::int64_t count, std::int64_t columns, bool add, T* rows,
                       std::int64_t stride) {
  const Turn<T> t{lines, pitch, nullptr, rows, stride};
  if (add)
    turn_region<Factors::none, true, true, square<T>>(t, 0, columns, 0, count);
  else
    turn_region<Factors::none, false, true, square<T>>(t, 0, columns, 0, count);
  leave_wide_registers();
}

/// to[k] = factors[k] from[k]. Real factors are given twice each: as many numbers as there are parts.
template <class T>
static void multiply(const T* from, const T* factors, bool real, std::int64_t count, T* to) {
  if (real) {
    for (std::int64_t i = 0; i < 2 * count; ++i) to[i] = from[i] * factors[i];
  } else {
    for (std::int64_t k = 0; k < count; ++k)
      multiplied<Factors::complex>(from + 2 * k, factors + 2 * k, to + 2 * k, to + 2 * k + 1);
  }
  leave_wide_registers();
}

/// sums[k] += conj(factors[k]) from[k]
template <class T>
static void add_conjugate(const T* factors, const T* from, std::int64_t count, T* sums) {
  for (std::int64_t k = 0; k < 2 * count; k += 2) {
    const T re = factors[k] * from[k] + factors[k + 1] * from[k + 1],
            im = factors[k] * from[k + 1] - factors[k + 1] * from[k];
    sums[k] += re;
    sums[k + 1] += im;
  }
  leave_wide_registers();
}

/// values[k] = weights[k] values[k]
template <class T>
static void weigh(const T* weights, std::int64_t count, T* values) {
  for (std::int64_t k = 0; k < count; ++k) {
    values[2 * k] *= weights[k];
    values[2 * k + 1] *= weights[k];
  }
  leave_wide_registers();
}

}  // namespace iso::gpu::cpu
