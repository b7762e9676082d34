#pragma once

#include <iso/compute/backend.h>
#include <iso/compute/operators/ray_transform.h>

#include <vector>

namespace iso::gpu::cpu {

/// The ray transform of a scan whose rays stay within slices (`find_row_slices`): row v reads the grid at z = slices[v],
/// interpolated between two slices if it lies between them.
[[nodiscard]] compute::OperatorPtr make_slice_transform(const compute::RayTransform& spec, std::vector<double> slices,
                                                        const compute::Backend& backend);

}  // namespace iso::gpu::cpu
