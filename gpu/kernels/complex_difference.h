#pragma once

#include "gpu/kernels/axis.h"
#include "gpu/kernels/vector.h"

/// Differences of complex values along some axes of an array, which may be cyclic.
namespace iso::gpu {

/// Forward differences along `axes` of an array of `count` elements; the results of one axis lie behind the other's.
template <class E>
struct ComplexDifferenceForward {
  const E* in;
  E* out;
  std::int64_t count;
  std::int64_t axes;
  Axis axis[6];
  bool cyclic, accumulate;
};
template <class E>
struct ComplexDifferenceAdjoint {
  const E* in;
  E* out;
  std::int64_t count;
  std::int64_t axes;
  Axis axis[6];
  bool cyclic, accumulate;
};

ISO_HOST_DEVICE inline Number minus(const Number& a, const Number& b) noexcept { return {a.re - b.re, a.im - b.im}; }

/// One thread a difference.
template <class Index, class E>
ISO_HOST_DEVICE void body(const Index& at, const ComplexDifferenceForward<E>& k) noexcept {
  const auto i = at.linear();
  if (i >= k.count * k.axes) return;
  const auto element = i % k.count;
  const Axis axis = k.axis[i / k.count];
  const bool border = element / axis.stride % axis.extent == axis.extent - 1;
  Number difference{0, 0};
  if (!border)
    difference = minus(number(k.in[element + axis.stride]), number(k.in[element]));
  else if (k.cyclic)
    difference = minus(number(k.in[element - (axis.extent - 1) * axis.stride]), number(k.in[element]));
  assign(k.out[i], k.accumulate ? plus(number(k.out[i]), difference) : difference);
}

/// One thread an element, which gathers the two differences a side that it took part in.
template <class Index, class E>
ISO_HOST_DEVICE void body(const Index& at, const ComplexDifferenceAdjoint<E>& k) noexcept {
  const auto element = at.linear();
  if (element >= k.count) return;
  Number sum = k.accumulate ? number(k.out[element]) : Number{0, 0};
  for (std::int64_t a = 0; a < k.axes; ++a) {
    const Axis axis = k.axis[a];
    const auto place = element / axis.stride % axis.extent;
    const E* in = k.in + a * k.count + element;
    if (place > 0)
      sum = plus(sum, number(in[-axis.stride]));
    else if (k.cyclic)
      sum = plus(sum, number(in[(axis.extent - 1) * axis.stride]));
    if (place < axis.extent - 1 || k.cyclic) sum = minus(sum, number(in[0]));
  }
  assign(k.out[element], sum);
}

// NOLINTBEGIN(bugprone-macro-parentheses): T is a type
#define ISO_COMPLEX_DIFFERENCE_KERNELS(X, T) \
  X(ComplexDifferenceForward<Complex<T>>) X(ComplexDifferenceAdjoint<Complex<T>>)
// NOLINTEND(bugprone-macro-parentheses)

}  // namespace iso::gpu
