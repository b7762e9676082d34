#pragma once

#include <cstdint>

/// One launcher for every body of gpu/kernels. C++ files see the declaration; the .cu files of this folder, or the host
/// replay of the tests, define it for the bodies that the kernel headers list.
namespace iso::gpu {

/// Queues body(i, arguments) for i in [0, elements) on a cudaStream_t. Returns null, or CUDA's text of what went wrong.
template <class Arguments>
[[nodiscard]] const char* launch(const Arguments& arguments, std::int64_t elements, void* stream) noexcept;

}  // namespace iso::gpu
