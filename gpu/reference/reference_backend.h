#pragma once

#include <iso/compute/backend.h>
#include <iso/compute/operators.h>
#include <iso/compute/operators/coil_fourier.h>
#include <iso/compute/operators/complex_difference.h>
#include <iso/compute/operators/kernel_expansion.h>
#include <iso/compute/operators/non_uniform_fourier.h>
#include <iso/compute/operators/spectral_products.h>
#include <iso/compute/operators/tall_matrix.h>
#include <iso/compute/operators/unfolding.h>
#include <iso/compute/smoothing_noise.h>
#include <iso/compute/unmixing_steps.h>

#include <memory>

namespace iso::gpu {

/// The back end "reference": every operation as its equation reads, on one thread, summed in double. It offers all
/// of `iso/compute/operators.h`, in both precisions. Another back end is right if it gives what this one gives.
[[nodiscard]] std::unique_ptr<compute::Backend> make_reference_backend();

/// One file each. The description was checked by whoever calls.
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
[[nodiscard]] compute::OperatorPtr make_reference_operator(const compute::KernelExpansion& spec,
                                                           const compute::Backend& backend);
[[nodiscard]] compute::OperatorPtr make_reference_operator(const compute::SpectralProducts& spec,
                                                           const compute::Backend& backend);
[[nodiscard]] compute::OperatorPtr make_reference_operator(const compute::CoilFourier& spec,
                                                           const compute::Backend& backend);
[[nodiscard]] compute::OperatorPtr make_reference_operator(const compute::ComplexDifference& spec,
                                                           const compute::Backend& backend);
[[nodiscard]] compute::OperatorPtr make_reference_operator(const compute::TallMatrix& spec,
                                                           const compute::Backend& backend);
[[nodiscard]] compute::OperatorPtr make_reference_operator(const compute::Unfolding& spec,
                                                           const compute::Backend& backend);
/// Direct sums: O(samples x voxels).
[[nodiscard]] compute::OperatorPtr make_reference_operator(const compute::NonUniformFourier& spec,
                                                           const compute::Backend& backend);
[[nodiscard]] compute::OperatorCost reference_cost(const compute::RayTransform& spec);
[[nodiscard]] compute::OperatorCost reference_cost(const compute::Backprojection& spec);
[[nodiscard]] compute::OperatorCost reference_cost(const compute::DetectorFilter& spec);
[[nodiscard]] compute::OperatorCost reference_cost(const compute::Fourier& spec);
[[nodiscard]] compute::OperatorCost reference_cost(const compute::FiniteDifference& spec);
[[nodiscard]] compute::OperatorCost reference_cost(const compute::KernelExpansion& spec);
[[nodiscard]] compute::OperatorCost reference_cost(const compute::SpectralProducts& spec);
[[nodiscard]] compute::OperatorCost reference_cost(const compute::CoilFourier& spec);
[[nodiscard]] compute::OperatorCost reference_cost(const compute::ComplexDifference& spec);
[[nodiscard]] compute::OperatorCost reference_cost(const compute::TallMatrix& spec);
[[nodiscard]] compute::OperatorCost reference_cost(const compute::Unfolding& spec);
[[nodiscard]] compute::OperatorCost reference_cost(const compute::NonUniformFourier& spec);

/// A cost on one thread, at a guess of so many operations a second: nobody waits for this back end.
[[nodiscard]] inline compute::OperatorCost estimated(std::size_t kept, std::size_t scratch, double operations) {
  constexpr double operations_per_s = 2e8;
  return {kept, scratch, operations / operations_per_s, false};
}

[[nodiscard]] const compute::VectorOps& reference_vector_ops() noexcept;
[[nodiscard]] const compute::UnmixingSteps& reference_unmixing_steps() noexcept;
[[nodiscard]] const compute::SmoothingNoise& reference_smoothing_noise() noexcept;

}  // namespace iso::gpu
