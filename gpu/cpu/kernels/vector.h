#pragma once

#include "gpu/cpu/kernels/kernels.h"

/// Arithmetic on whole vectors. Eight numbers are taken together whatever the instruction set, in double precision, and a
/// product is rounded before it is added (the build sets -ffp-contract=off): every level gives the same bits.
namespace iso::gpu::cpu {

using Eight = double __attribute__((vector_size(64)));
using EightFloats = float __attribute__((vector_size(32)));

template <class T>
struct IndexOf {
  using type = long long __attribute__((vector_size(64)));
};
template <>
struct IndexOf<float> {
  using type = int __attribute__((vector_size(32)));
};

template <class T>
static inline Eight load(const T* from) {
  if constexpr (sizeof(T) == sizeof(float)) {
    EightFloats v;
    __builtin_memcpy(&v, from, sizeof v);
    return __builtin_convertvector(v, Eight);
  } else {
    Eight v;
    __builtin_memcpy(&v, from, sizeof v);
    return v;
  }
}

template <class T>
static inline void store(Eight v, T* to) {
  if constexpr (sizeof(T) == sizeof(float)) {
    const EightFloats narrow = __builtin_convertvector(v, EightFloats);
    __builtin_memcpy(to, &narrow, sizeof narrow);
  } else {
    __builtin_memcpy(to, &v, sizeof v);
  }
}

/// The order in which the eight partial sums are joined.
static inline double join(const Eight& s) { return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7])); }

/// y = a x + b y
template <class T>
static void axpby(double a, const T* x, double b, T* y, std::int64_t count) {
  std::int64_t i = 0;
  if (b == 1) {
    for (; i + 8 <= count; i += 8) store(load(y + i) + a * load(x + i), y + i);
    for (; i < count; ++i) y[i] = static_cast<T>(static_cast<double>(y[i]) + a * static_cast<double>(x[i]));
  } else {
    for (; i + 8 <= count; i += 8) store(a * load(x + i) + b * load(y + i), y + i);
    for (; i < count; ++i) y[i] = static_cast<T>(a * static_cast<double>(x[i]) + b * static_cast<double>(y[i]));
  }
}

/// The sum of x_i y_i.
template <class T>
static double sum_products(const T* x, const T* y, std::int64_t count) {
  Eight s{};
  std::int64_t i = 0;
  for (; i + 8 <= count; i += 8) s += load(x + i) * load(y + i);
  for (std::int64_t lane = 0; i < count; ++i, ++lane) s[lane] += static_cast<double>(x[i]) * static_cast<double>(y[i]);
  return join(s);
}

/// The sum of conj(x_i) y_i over `count` complex numbers, to re and im.
template <class T>
static void sum_conjugate_products(const T* x, const T* y, std::int64_t count, double* re, double* im) {
  const IndexOf<double>::type swapped{1, 0, 3, 2, 5, 4, 7, 6};
  // Of a number (a, b) in x and (c, d) in y, `straight` holds a c and b d, `crossed` a d and b c.
  Eight straight{}, crossed{};
  std::int64_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const Eight u = load(x + 2 * i), v = load(y + 2 * i);
    straight += u * v;
    crossed += u * __builtin_shuffle(v, swapped);
  }
  double real = join(straight), imaginary = (crossed[0] + crossed[4]) + (crossed[2] + crossed[6]);
  imaginary -= (crossed[1] + crossed[5]) + (crossed[3] + crossed[7]);
  for (; i < count; ++i) {
    const auto a = static_cast<double>(x[2 * i]), b = static_cast<double>(x[2 * i + 1]);
    const auto c = static_cast<double>(y[2 * i]), d = static_cast<double>(y[2 * i + 1]);
    real += a * c + b * d;
    imaginary += a * d - b * c;
  }
  *re = real, *im = imaginary;
}

/// y += (re + i im) x, `count` complex numbers.
template <class T>
static void add_multiple(T re, T im, const T* x, T* y, std::int64_t count) {
  // NOLINTNEXTLINE(modernize-use-using): g++ takes the attribute of a dependent type in a typedef alone
  typedef T Numbers __attribute__((vector_size(8 * sizeof(T))));
  const Numbers turned{-im, im, -im, im, -im, im, -im, im};
  const typename IndexOf<T>::type swapped{1, 0, 3, 2, 5, 4, 7, 6};
  std::int64_t i = 0;
  for (; i + 4 <= count; i += 4) {
    Numbers u, v;
    __builtin_memcpy(&u, x + 2 * i, sizeof u);
    __builtin_memcpy(&v, y + 2 * i, sizeof v);
    v += re * u + turned * __builtin_shuffle(u, swapped);
    __builtin_memcpy(y + 2 * i, &v, sizeof v);
  }
  for (; i < count; ++i) {
    const T a = x[2 * i], b = x[2 * i + 1];
    y[2 * i] += re * a - im * b;
    y[2 * i + 1] += re * b + im * a;
  }
}

/// What a vector of this length is multiplied by: onto the ball of the level, or shrunk by it.
static inline double factor(double length, double level, bool shrink) {
  if (shrink) return length > level ? 1 - level / length : 0;
  return length > level ? level / length : 1;
}

/// Vectors whose parts lie `points` numbers apart, each a complex number: those at [from, to), times their factor.
template <class T>
static void scale_complex_vectors(T* values, std::int64_t points, std::int64_t parts, std::int64_t from,
                                  std::int64_t to, double level, bool shrink) {
  constexpr std::int64_t at_once = 256;
  double lengths[at_once];
  for (; from < to; from += at_once) {
    const std::int64_t count = to - from < at_once ? to - from : at_once;
    for (std::int64_t i = 0; i < count; ++i) lengths[i] = 0;
    for (std::int64_t k = 0; k < parts; ++k) {
      const T* const part = values + 2 * (k * points + from);
#pragma omp simd
      for (std::int64_t i = 0; i < count; ++i) {
        const auto re = static_cast<double>(part[2 * i]), im = static_cast<double>(part[2 * i + 1]);
        lengths[i] += re * re + im * im;
      }
    }
#pragma omp simd
    for (std::int64_t i = 0; i < count; ++i) lengths[i] = factor(__builtin_sqrt(lengths[i]), level, shrink);
    for (std::int64_t k = 0; k < parts; ++k) {
      T* const part = values + 2 * (k * points + from);
#pragma omp simd
      for (std::int64_t i = 0; i < count; ++i) {
        part[2 * i] = static_cast<T>(lengths[i] * static_cast<double>(part[2 * i]));
        part[2 * i + 1] = static_cast<T>(lengths[i] * static_cast<double>(part[2 * i + 1]));
      }
    }
  }
}

}  // namespace iso::gpu::cpu
