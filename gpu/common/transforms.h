#pragma once

#include "gpu/common/vector.h"

/// Finite differences, the detector filter and the Fourier transform along one axis.
namespace iso::gpu {

/// One axis of an array: element e has coordinate e / stride % extent on it.
struct Axis {
  std::int64_t stride, extent;
};

/// Forward differences along `axes` of an array of `count` elements; the results of one axis lie behind the other's.
template <class T>
struct DifferenceForward {
  const T* in;
  T* out;
  std::int64_t count;
  std::int64_t axes;
  Axis axis[6];
  bool accumulate;
};
template <class T>
struct DifferenceAdjoint {
  const T* in;
  T* out;
  std::int64_t count;
  std::int64_t axes;
  Axis axis[6];
  bool accumulate;
};

/// One thread a difference.
template <class Index, class T>
ISO_HOST_DEVICE void body(const Index& at, const DifferenceForward<T>& k) noexcept {
  const auto i = at.linear();
  if (i >= k.count * k.axes) return;
  const auto element = i % k.count;
  const Axis axis = k.axis[i / k.count];
  const bool border = element / axis.stride % axis.extent == axis.extent - 1;
  const T difference = border ? T(0) : k.in[element + axis.stride] - k.in[element];
  k.out[i] = k.accumulate ? k.out[i] + difference : difference;
}

/// One thread an element, which gathers the two differences a side that it took part in.
template <class Index, class T>
ISO_HOST_DEVICE void body(const Index& at, const DifferenceAdjoint<T>& k) noexcept {
  const auto element = at.linear();
  if (element >= k.count) return;
  T sum = k.accumulate ? k.out[element] : T(0);
  for (std::int64_t a = 0; a < k.axes; ++a) {
    const auto coordinate = element / k.axis[a].stride % k.axis[a].extent;
    const T* in = k.in + a * k.count + element;
    if (coordinate > 0) sum += in[-k.axis[a].stride];
    if (coordinate < k.axis[a].extent - 1) sum -= in[0];
  }
  k.out[element] = sum;
}

/// Convolution of rows of `row` elements with the even kernel h: y[i] = sum over j of h[|i-j|] x[j]. One thread an
/// element; its row and the kernel stay in the cache. In double, because a ramp filter cancels most of its sum.
template <class T>
struct FilterRows {
  const T* in;
  T* out;
  const double* kernel;
  std::int64_t count, row;
  bool accumulate;
};

template <class Index, class T>
ISO_HOST_DEVICE void body(const Index& at, const FilterRows<T>& k) noexcept {
  const auto i = at.linear();
  if (i >= k.count) return;
  const auto column = i % k.row;
  const T* line = k.in + (i - column);
  double sum = k.accumulate ? static_cast<double>(k.out[i]) : 0.0;
  for (std::int64_t j = 0; j < k.row; ++j)
    sum += k.kernel[column > j ? column - j : j - column] * static_cast<double>(line[j]);
  k.out[i] = static_cast<T>(sum);
}

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

}  // namespace iso::gpu
