#pragma once

#include <iso/compute/backend.h>

#include <memory>

namespace iso::gpu {

/// The back end "reference": every operation as its equation reads, on one thread, summed in double. It offers all
/// of `iso/compute/operators.h`, in both precisions.
[[nodiscard]] std::unique_ptr<compute::Backend> make_reference_backend();

/// One file each. The description was checked (check_spec) by whoever calls.
[[nodiscard]] compute::OperatorPtr make_reference_operator(const compute::RayTransform& spec,
                                                           const compute::Backend& backend);
[[nodiscard]] compute::OperatorPtr make_reference_operator(const compute::Backprojection& spec,
                                                           const compute::Backend& backend);
/// Direct convolution with the filter's spatial kernel: O(n^2) a row.
[[nodiscard]] compute::OperatorPtr make_reference_operator(const compute::DetectorFilter& spec,
                                                           const compute::Backend& backend);
/// Direct sums, one axis after the other: O(n^2) a line.
[[nodiscard]] compute::OperatorPtr make_reference_operator(const compute::Fourier& spec,
                                                           const compute::Backend& backend);
[[nodiscard]] compute::OperatorPtr make_reference_operator(const compute::FiniteDifference& spec,
                                                           const compute::Backend& backend);
[[nodiscard]] const compute::VectorOps& reference_vector_ops() noexcept;

}  // namespace iso::gpu
