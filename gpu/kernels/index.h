#pragma once

// Not <cmath>: its functions are overloaded for float in the global namespace, on the device as on the host.
#include <math.h>  // NOLINT(modernize-deprecated-headers)

#include <cmath>
#include <cstdint>

/// The body of every kernel is `body(at, arguments)`: a function template over an index `at` and a plain structure of
/// pointers and numbers. gpu/cuda puts it in a __global__ function, the host replay tests run it in a loop:
///
///     const DifferenceForward<float> k{...};
///     host_replay(k, elements);
///
/// A body works on the element at.linear() alone and returns when that lies past the end. Nothing is shared between
/// elements and nothing is added atomically, so that the order of execution cannot show.
#ifdef __CUDACC__
#define ISO_HOST_DEVICE __host__ __device__
#else
#define ISO_HOST_DEVICE
#endif

namespace iso::gpu {

/// Which element a body works on; its twin in gpu/cuda reads blockIdx and threadIdx.
struct HostIndex {
  std::int64_t element;
  [[nodiscard]] ISO_HOST_DEVICE std::int64_t linear() const noexcept { return element; }
};

template <class Arguments>
void host_replay(const Arguments& arguments, std::int64_t elements) {
  for (std::int64_t i = 0; i < elements; ++i) body(HostIndex{i}, arguments);
}

/// a b + c rounded once. Written out wherever two kernels must agree to the last bit: left to itself a compiler fuses
/// one expression differently in each.
ISO_HOST_DEVICE inline float fused(float a, float b, float c) noexcept { return fmaf(a, b, c); }
ISO_HOST_DEVICE inline double fused(double a, double b, double c) noexcept { return fma(a, b, c); }

template <class T>
ISO_HOST_DEVICE T smaller(T a, T b) noexcept {
  return b < a ? b : a;
}
template <class T>
ISO_HOST_DEVICE T larger(T a, T b) noexcept {
  return a < b ? b : a;
}

/// Weight of linear interpolation for a sample at that distance, in samples.
template <class T>
ISO_HOST_DEVICE T tent(T distance) noexcept {
  return larger(T(0), T(1) - (distance < 0 ? -distance : distance));
}

}  // namespace iso::gpu
