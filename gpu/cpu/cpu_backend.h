#pragma once

#include <iso/compute/backend.h>

#include <memory>
#include <string>

namespace iso::gpu {

/// The back end "cpu": the default. Every operator of `OperatorSpec` in the precisions that it is defined for, and vector operations, on the
/// threads of `ThreadBudget`.
///
/// Work is cut by shape, never by the number of threads, and every sum has a fixed order: results are the same bits for
/// any number of threads. They may differ in the last bits between instruction sets, which `DeviceInfo::level` names.
///
/// Limits   a ray transform needs planes of the grid (any two of its axes) below 11 000 x 11 000 voxels.
/// Errors   as the contract says: unsupported with the reason, shape_mismatch, type_mismatch, internal, cancelled.
[[nodiscard]] std::unique_ptr<compute::Backend> make_cpu_backend();

/// Of the FFTW that is loaded: "3.3.10".
[[nodiscard]] std::string fftw_version();

}  // namespace iso::gpu
