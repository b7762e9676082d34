#pragma once

#include <iso/compute/backend.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace iso::gpu {

/// The back end "cpu": the default. Every operator of `iso/compute/operators.h` in the precisions that it is defined for, and vector operations, on the
/// threads of `ThreadBudget`.
///
/// Work is cut by shape, never by the number of threads, and every sum has a fixed order: results are the same bits for
/// any number of threads. They may differ in the last bits between instruction sets, which `DeviceInfo::level` names.
///
/// Limits   a ray transform needs planes of the grid (any two of its axes) below 11 000 x 11 000 voxels.
/// Errors   as the contract says: unsupported with the reason, shape_mismatch, type_mismatch, internal, cancelled.
/// Of the kernels built for several instruction sets it takes those of `level` ("x86-64-v3"), else of the environment
/// variable ISOCENTER_CPU_LEVEL, else the best that the processor runs. Throws usage for a level that it does not run.
[[nodiscard]] std::unique_ptr<compute::Backend> make_cpu_backend(std::string_view level = {});
[[nodiscard]] std::vector<std::string> cpu_levels();  ///< those that the processor runs, the best first

/// Of the FFTW that is loaded: "3.3.10".
[[nodiscard]] std::string fftw_version();

}  // namespace iso::gpu
