#pragma once

#include "gpu/kernels/axis.h"
#include "gpu/kernels/vector.h"

/// What stands before the Fourier transform of a library, so that its origin is the centre of the axes and it is unitary.
namespace iso::gpu {

inline constexpr int most_fourier_axes = 6;

/// out[m'] = product over axes of factors[m'] in[m], m' = (m - centre) mod N: elements are read from the centre on. With
/// factors[m'] = exp(-+ 2 pi i centre m' / N) / sqrt N the plain transform of `out` is the centred, unitary one of `in`. One
/// thread an element.
template <class E>
struct FourierPlace {
  const E* in;
  E* out;
  std::int64_t count;
  int axes;
  Axis axis[most_fourier_axes];
  std::int64_t centre[most_fourier_axes];
  const Number* factors[most_fourier_axes];
};

template <class Index, class E>
ISO_HOST_DEVICE void body(const Index& at, const FourierPlace<E>& k) noexcept {
  const auto i = at.linear();
  if (i >= k.count) return;
  auto source = i;
  Number factor{1, 0};
  for (int a = 0; a < k.axes; ++a) {
    const auto n = k.axis[a].extent, place = i / k.axis[a].stride % n;
    const auto from_start = place + k.centre[a];
    source += ((from_start < n ? from_start : from_start - n) - place) * k.axis[a].stride;
    factor = times(factor, k.factors[a][place]);
  }
  assign(k.out[i], times(factor, number(k.in[source])));
}

// NOLINTNEXTLINE(bugprone-macro-parentheses): T is a type
#define ISO_FOURIER_KERNELS(X, T) X(FourierPlace<Complex<T>>)

}  // namespace iso::gpu
