#pragma once

#include "gpu/kernels/axis.h"
#include "gpu/kernels/index.h"

/// Finite differences along some axes of an array.
namespace iso::gpu {

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

#define ISO_FINITE_DIFFERENCE_KERNELS(X, T) X(DifferenceForward<T>) X(DifferenceAdjoint<T>)

}  // namespace iso::gpu
