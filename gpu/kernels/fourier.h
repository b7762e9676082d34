#pragma once

#include "gpu/kernels/axis.h"
#include "gpu/kernels/vector.h"

/// The Fourier transform along one axis.
namespace iso::gpu {

/// Fourier transform along one axis by direct sums: out[k] = scale sum over m of in[m] roots[(k - c)(m - c) mod N].
/// One thread an element. `roots` are the N powers of exp(-+ 2 pi i / N), the sign being that of the transform.
template <class E>
struct FourierAxis {
  const E* in;
  E* out;
  const Number* roots;
  double scale;
  std::int64_t count;
  Axis axis;
  std::int64_t centre;
  bool accumulate;
};

template <class Index, class E>
ISO_HOST_DEVICE void body(const Index& at, const FourierAxis<E>& k) noexcept {
  const auto i = at.linear();
  if (i >= k.count) return;
  const auto n = k.axis.extent, frequency = i / k.axis.stride % n - k.centre;
  const E* line = k.in + (i - (frequency + k.centre) * k.axis.stride);
  // (frequency (m - centre)) mod N, advanced by `frequency` from one m to the next.
  auto step = frequency % n;
  if (step < 0) step += n;
  auto phase = (-frequency * k.centre) % n;
  if (phase < 0) phase += n;
  Number sum{0, 0};
  for (std::int64_t m = 0; m < n; ++m) {
    sum = plus(sum, times(number(line[m * k.axis.stride]), k.roots[phase]));
    phase += step;
    if (phase >= n) phase -= n;
  }
  sum = {k.scale * sum.re, k.scale * sum.im};
  assign(k.out[i], k.accumulate ? plus(number(k.out[i]), sum) : sum);
}

#define ISO_FOURIER_KERNELS(X, T) X(FourierAxis<Complex<T>>)

}  // namespace iso::gpu
