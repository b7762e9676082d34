#pragma once

#include "gpu/kernels/index.h"

/// Element-wise operations and partial reductions on real and complex arrays, computed in double: they are bound by
/// memory, so that costs nothing.
namespace iso::gpu {

/// As std::complex in memory; that one has no device functions.
template <class T>
struct Complex {
  T re, im;
};
using Number = Complex<double>;

ISO_HOST_DEVICE inline Number number(float x) noexcept { return {x, 0}; }
ISO_HOST_DEVICE inline Number number(double x) noexcept { return {x, 0}; }
template <class T>
ISO_HOST_DEVICE Number number(const Complex<T>& x) noexcept {
  return {x.re, x.im};
}

ISO_HOST_DEVICE inline void assign(float& x, const Number& z) noexcept { x = static_cast<float>(z.re); }
ISO_HOST_DEVICE inline void assign(double& x, const Number& z) noexcept { x = z.re; }
template <class T>
ISO_HOST_DEVICE void assign(Complex<T>& x, const Number& z) noexcept {
  x = {static_cast<T>(z.re), static_cast<T>(z.im)};
}

ISO_HOST_DEVICE inline Number plus(const Number& a, const Number& b) noexcept { return {a.re + b.re, a.im + b.im}; }
ISO_HOST_DEVICE inline Number times(const Number& a, const Number& b) noexcept {
  return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
ISO_HOST_DEVICE inline double magnitude(const Number& a) noexcept { return a.im == 0 ? fabs(a.re) : hypot(a.re, a.im); }
/// Factor of a soft threshold: max(0, 1 - level/size).
ISO_HOST_DEVICE inline double shrinkage(double level, double size) noexcept {
  return size > level ? 1 - level / size : 0.0;
}

// clang-format off
template <class E> struct Fill { E* x; double value; std::int64_t count; };
template <class E> struct Copy { const E* x; E* y; std::int64_t count; };
template <class E> struct Scale { Number a; E* x; std::int64_t count; };                              ///< x *= a
template <class E> struct Axpby { Number a; const E* x; Number b; E* y; std::int64_t count; };        ///< y = a x + b y
template <class E> struct Multiply { const E* x; const E* y; E* out; std::int64_t count; bool conjugate; };  ///< of x
template <class E> struct Reciprocal { double threshold; E* x; std::int64_t count; };
template <class E> struct Clamp { double low, high; E* x; std::int64_t count; };
template <class E> struct SoftThreshold { double level; E* x; std::int64_t count; };
/// Vectors of `parts` components, `points` apart: shrunk in length by `level`, or cut to it.
template <class E> struct LimitVectors { double level; bool shrink; E* x; std::int64_t points, parts; };
// clang-format on

template <class Index, class E>
ISO_HOST_DEVICE void body(const Index& at, const Fill<E>& k) noexcept {
  if (const auto i = at.linear(); i < k.count) assign(k.x[i], {k.value, 0});
}
template <class Index, class E>
ISO_HOST_DEVICE void body(const Index& at, const Copy<E>& k) noexcept {
  if (const auto i = at.linear(); i < k.count) k.y[i] = k.x[i];
}
template <class Index, class E>
ISO_HOST_DEVICE void body(const Index& at, const Scale<E>& k) noexcept {
  if (const auto i = at.linear(); i < k.count) assign(k.x[i], times(k.a, number(k.x[i])));
}
template <class Index, class E>
ISO_HOST_DEVICE void body(const Index& at, const Axpby<E>& k) noexcept {
  if (const auto i = at.linear(); i < k.count)
    assign(k.y[i], plus(times(k.a, number(k.x[i])), times(k.b, number(k.y[i]))));
}
template <class Index, class E>
ISO_HOST_DEVICE void body(const Index& at, const Multiply<E>& k) noexcept {
  const auto i = at.linear();
  if (i >= k.count) return;
  const Number x = number(k.x[i]);
  assign(k.out[i], times({x.re, k.conjugate ? -x.im : x.im}, number(k.y[i])));
}
template <class Index, class E>
ISO_HOST_DEVICE void body(const Index& at, const Reciprocal<E>& k) noexcept {
  const auto i = at.linear();
  if (i >= k.count) return;
  const Number x = number(k.x[i]);
  const double size = magnitude(x);
  Number inverse{0, 0};
  if (x.im == 0 && !(size <= k.threshold))
    inverse = {1 / x.re, 0};
  else if (!(size <= k.threshold))
    inverse = {x.re / size / size, -x.im / size / size};
  assign(k.x[i], inverse);
}
template <class Index, class E>
ISO_HOST_DEVICE void body(const Index& at, const Clamp<E>& k) noexcept {
  const auto i = at.linear();
  if (i >= k.count) return;
  const double x = number(k.x[i]).re;  // a NaN is neither below nor above and stays
  assign(k.x[i], {x < k.low ? k.low : x > k.high ? k.high : x, 0});
}
template <class Index, class E>
ISO_HOST_DEVICE void body(const Index& at, const SoftThreshold<E>& k) noexcept {
  const auto i = at.linear();
  if (i >= k.count) return;
  const Number x = number(k.x[i]);
  const double factor = shrinkage(k.level, magnitude(x));
  assign(k.x[i], {factor * x.re, factor * x.im});
}

template <class E>
ISO_HOST_DEVICE double vector_length(const E* x, std::int64_t point, std::int64_t points, std::int64_t parts) noexcept {
  double squares = 0;
  for (std::int64_t p = 0; p < parts; ++p) {
    const Number v = number(x[p * points + point]);
    squares += v.re * v.re + v.im * v.im;
  }
  return sqrt(squares);
}
template <class Index, class E>
ISO_HOST_DEVICE void body(const Index& at, const LimitVectors<E>& k) noexcept {
  const auto i = at.linear();
  if (i >= k.points) return;
  const double length = vector_length(k.x, i, k.points, k.parts);
  const double factor = k.shrink ? shrinkage(k.level, length) : length > k.level ? k.level / length : 1.0;
  if (factor == 1) return;
  for (std::int64_t p = 0; p < k.parts; ++p) {
    const Number v = number(k.x[p * k.points + i]);
    assign(k.x[p * k.points + i], {factor * v.re, factor * v.im});
  }
}

// Reductions. Element i of `partial` gathers the elements i, i + width, i + 2 width, ...: neighbours in a warp read
// neighbours in memory, and the order of the sum follows from count and width alone. A second pass over `partial`
// and a last sum in order by the host end it.
// clang-format off
template <class E> struct Dot { const E* x; const E* y; Number* partial; std::int64_t count, width; };   ///< conj(x) y
template <class E> struct MaxAbs { const E* x; Number* partial; std::int64_t count, width; };           ///< NaN if any is
template <class E> struct VectorNorms { const E* x; Number* partial; std::int64_t points, parts, width; };
struct SumPartials { const Number* in; Number* partial; std::int64_t count, width; };
struct MaxPartials { const Number* in; Number* partial; std::int64_t count, width; };
// clang-format on

ISO_HOST_DEVICE inline double larger_or_nan(double a, double b) noexcept { return b > a || b != b ? b : a; }

template <class Index, class E>
ISO_HOST_DEVICE void body(const Index& at, const Dot<E>& k) noexcept {
  if (at.linear() >= k.width) return;
  Number sum{0, 0};
  for (auto i = at.linear(); i < k.count; i += k.width) {
    const Number x = number(k.x[i]);
    sum = plus(sum, times({x.re, -x.im}, number(k.y[i])));
  }
  k.partial[at.linear()] = sum;
}
template <class Index, class E>
ISO_HOST_DEVICE void body(const Index& at, const MaxAbs<E>& k) noexcept {
  if (at.linear() >= k.width) return;
  double largest = 0;
  for (auto i = at.linear(); i < k.count; i += k.width) {
    if (largest == largest) largest = larger_or_nan(largest, magnitude(number(k.x[i])));
  }
  k.partial[at.linear()] = {largest, 0};
}
template <class Index, class E>
ISO_HOST_DEVICE void body(const Index& at, const VectorNorms<E>& k) noexcept {
  if (at.linear() >= k.width) return;
  double sum = 0;
  for (auto i = at.linear(); i < k.points; i += k.width) sum += vector_length(k.x, i, k.points, k.parts);
  k.partial[at.linear()] = {sum, 0};
}
template <class Index>
ISO_HOST_DEVICE void body(const Index& at, const SumPartials& k) noexcept {
  if (at.linear() >= k.width) return;
  Number sum{0, 0};
  for (auto i = at.linear(); i < k.count; i += k.width) sum = plus(sum, k.in[i]);
  k.partial[at.linear()] = sum;
}
template <class Index>
ISO_HOST_DEVICE void body(const Index& at, const MaxPartials& k) noexcept {
  if (at.linear() >= k.width) return;
  double largest = 0;
  for (auto i = at.linear(); i < k.count; i += k.width) {
    if (largest == largest) largest = larger_or_nan(largest, k.in[i].re);
  }
  k.partial[at.linear()] = {largest, 0};
}

// clang-format off
// NOLINTBEGIN(bugprone-macro-parentheses): X takes a type
#define ISO_VECTOR_KERNELS_OF(X, E) \
  X(Fill<E>) X(Copy<E>) X(Scale<E>) X(Axpby<E>) X(Multiply<E>) X(Reciprocal<E>) X(SoftThreshold<E>) X(LimitVectors<E>) X(Dot<E>) X(MaxAbs<E>) X(VectorNorms<E>)
#define ISO_VECTOR_KERNELS(X)                                                                                  \
  ISO_VECTOR_KERNELS_OF(X, float) ISO_VECTOR_KERNELS_OF(X, double) ISO_VECTOR_KERNELS_OF(X, Complex<float>) \
  ISO_VECTOR_KERNELS_OF(X, Complex<double>) X(Clamp<float>) X(Clamp<double>) X(SumPartials) X(MaxPartials)
// NOLINTEND(bugprone-macro-parentheses)
// clang-format on

}  // namespace iso::gpu
