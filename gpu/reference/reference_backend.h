#pragma once

#include <iso/compute/backend.h>

#include <memory>

namespace iso::gpu {

/// The back end "reference": every operation as its equation reads, on one thread. Ray transforms and finite
/// differences; what it does not offer it says in `supports`.
[[nodiscard]] std::unique_ptr<compute::Backend> make_reference_backend();

/// Joseph's ray transform for any scan and grid, f32 and f64, summed in double.
[[nodiscard]] compute::OperatorPtr make_reference_ray_transform(const compute::RayTransform& spec, const compute::Backend& backend);
[[nodiscard]] compute::OperatorPtr make_reference_finite_difference(const compute::FiniteDifference& spec,
                                                                    const compute::Backend& backend);
[[nodiscard]] const compute::VectorOps& reference_vector_ops() noexcept;

}  // namespace iso::gpu
