#pragma once

#include "gpu/cuda/kernel_backend.h"
#include "gpu/cuda/throughput.h"

#include <iso/compute/operators.h>
#include <iso/compute/operators/coil_fourier.h>
#include <iso/compute/operators/complex_difference.h>
#include <iso/compute/operators/kernel_expansion.h>
#include <iso/compute/operators/non_uniform_fourier.h>
#include <iso/compute/operators/spectral_products.h>
#include <iso/compute/operators/tall_matrix.h>
#include <iso/compute/operators/unfolding.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

/// The operators, each in its own file, and what they share.
namespace iso::gpu {

[[nodiscard]] compute::OperatorPtr make_kernel_operator(const compute::RayTransform& spec, const compute::Backend& on);
[[nodiscard]] compute::OperatorPtr make_kernel_operator(const compute::Backprojection& spec,
                                                        const compute::Backend& on);
[[nodiscard]] compute::OperatorPtr make_kernel_operator(const compute::DetectorFilter& spec,
                                                        const compute::Backend& on);
[[nodiscard]] compute::OperatorPtr make_kernel_operator(const compute::Fourier& spec, const compute::Backend& on);
[[nodiscard]] compute::OperatorPtr make_kernel_operator(const compute::FiniteDifference& spec,
                                                        const compute::Backend& on);
[[nodiscard]] compute::OperatorPtr make_kernel_operator(const compute::KernelExpansion& spec,
                                                        const compute::Backend& on);
[[nodiscard]] compute::OperatorPtr make_kernel_operator(const compute::SpectralProducts& spec,
                                                        const compute::Backend& on);
[[nodiscard]] compute::OperatorPtr make_kernel_operator(const compute::CoilFourier& spec, const compute::Backend& on);
[[nodiscard]] compute::OperatorPtr make_kernel_operator(const compute::ComplexDifference& spec,
                                                        const compute::Backend& on);
[[nodiscard]] compute::OperatorPtr make_kernel_operator(const compute::TallMatrix& spec, const compute::Backend& on);
[[nodiscard]] compute::OperatorPtr make_kernel_operator(const compute::Unfolding& spec, const compute::Backend& on);
[[nodiscard]] compute::OperatorPtr make_kernel_operator(const compute::NonUniformFourier& spec,
                                                        const compute::Backend& on);
[[nodiscard]] compute::OperatorCost kernel_cost(const compute::RayTransform& spec);
[[nodiscard]] compute::OperatorCost kernel_cost(const compute::Backprojection& spec);
[[nodiscard]] compute::OperatorCost kernel_cost(const compute::DetectorFilter& spec);
[[nodiscard]] compute::OperatorCost kernel_cost(const compute::Fourier& spec);
[[nodiscard]] compute::OperatorCost kernel_cost(const compute::FiniteDifference& spec);
[[nodiscard]] compute::OperatorCost kernel_cost(const compute::KernelExpansion& spec);
[[nodiscard]] compute::OperatorCost kernel_cost(const compute::SpectralProducts& spec);
[[nodiscard]] compute::OperatorCost kernel_cost(const compute::CoilFourier& spec);
[[nodiscard]] compute::OperatorCost kernel_cost(const compute::ComplexDifference& spec);
[[nodiscard]] compute::OperatorCost kernel_cost(const compute::TallMatrix& spec);
[[nodiscard]] compute::OperatorCost kernel_cost(const compute::Unfolding& spec);
[[nodiscard]] compute::OperatorCost kernel_cost(const compute::NonUniformFourier& spec);

template <class T>
const T* data(const compute::Array& array) {
  return reinterpret_cast<const T*>(array.address());
}
template <class T>
T* data(compute::Array& array) {
  return reinterpret_cast<T*>(array.address());
}

/// A table that kernels read, made once with the operator.
template <class T>
compute::Array constant_table(const std::vector<T>& values, const compute::Backend& backend) {
  const auto bytes = static_cast<std::int64_t>(values.size() * sizeof(T));
  PixelBuffer block = PixelBuffer::allocate({Shape{bytes}, ScalarType::u8});
  std::memcpy(block.data(), values.data(), static_cast<std::size_t>(bytes));
  const auto stream = backend.make_stream();
  compute::Array table = backend.upload(Pixels{std::move(block)}, *stream);
  stream->synchronize();
  return table;
}

/// `x`, or a copy of it where `y` is the same memory: kernels read what others would already have replaced.
inline compute::Array apart_from(const compute::Array& x, const compute::Array& y, compute::Stream& stream) {
  if (!x.same_place(y)) return x;
  compute::Array copy = x.backend().allocate(x.spec(), stream);
  x.backend().vector().copy(x, copy, stream);
  return copy;
}

template <template <class> class Operator, class Description>
compute::OperatorPtr make_in_precision(const Description& spec, const compute::Backend& backend) {
  if (is_double(spec.type)) return std::make_shared<Operator<double>>(spec, backend);
  return std::make_shared<Operator<float>>(spec, backend);
}

inline std::int64_t element_count(const ArraySpec& spec) { return spec.shape.count(); }
inline double samples(const ArraySpec& spec) { return static_cast<double>(spec.shape.count()); }
inline double longest_side(const VoxelGrid& grid) { return static_cast<double>(std::ranges::max(grid.size)); }

}  // namespace iso::gpu
