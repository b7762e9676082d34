#pragma once

#include "gpu/common/backprojection.h"
#include "gpu/common/ray.h"
#include "gpu/common/transforms.h"
#include "gpu/common/vector.h"

#include <cstdint>

/// One launcher for every body of gpu/common. C++ files see the declarations; a .cu file of this folder, or the host
/// replay of the tests, defines them.
namespace iso::gpu {

/// Queues body(i, arguments) for i in [0, elements) on a cudaStream_t. Returns null, or CUDA's text of what went wrong.
template <class Arguments>
[[nodiscard]] const char* launch(const Arguments& arguments, std::int64_t elements, void* stream) noexcept;

// The bodies that exist, as X(arguments); each list is one .cu file.
// clang-format off
// NOLINTBEGIN(bugprone-macro-parentheses): X takes a type
#define ISO_VECTOR_KERNELS_OF(X, E) \
  X(Fill<E>) X(Copy<E>) X(Scale<E>) X(Axpby<E>) X(Multiply<E>) X(Reciprocal<E>) X(SoftThreshold<E>) X(LimitVectors<E>) X(Dot<E>) X(MaxAbs<E>) X(VectorNorms<E>)
#define ISO_VECTOR_KERNELS(X)                                                                                  \
  ISO_VECTOR_KERNELS_OF(X, float) ISO_VECTOR_KERNELS_OF(X, double) ISO_VECTOR_KERNELS_OF(X, Complex<float>) \
  ISO_VECTOR_KERNELS_OF(X, Complex<double>) X(Clamp<float>) X(Clamp<double>) X(SumPartials) X(MaxPartials)
#define ISO_OPERATOR_KERNELS_OF(X, T) \
  X(RayForward<T>) X(RayAdjoint<T>) X(BackprojectionForward<T>) X(BackprojectionAdjoint<T>) X(DifferenceForward<T>) X(DifferenceAdjoint<T>) X(FilterRows<T>) X(FourierAxis<Complex<T>>)
// NOLINTEND(bugprone-macro-parentheses)
// clang-format on
#define ISO_OPERATOR_KERNELS(X) ISO_OPERATOR_KERNELS_OF(X, float) ISO_OPERATOR_KERNELS_OF(X, double)

}  // namespace iso::gpu
