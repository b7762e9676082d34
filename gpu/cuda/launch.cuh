#pragma once

#include "gpu/cuda/launch.h"

#include <cuda_runtime_api.h>

static_assert(__cplusplus >= 202002L, "device code must be compiled as C++20");

namespace iso::gpu {

/// Threads a block. Bodies share nothing, so that any number is right; this one fills every architecture of ours.
inline constexpr int block_size = 256;

struct DeviceIndex {
  [[nodiscard]] __device__ std::int64_t linear() const noexcept {
    return static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  }
};

template <class Arguments>
__global__ void __launch_bounds__(block_size) run(const __grid_constant__ Arguments arguments) {
  body(DeviceIndex{}, arguments);
}

template <class Arguments>
const char* launch(const Arguments& arguments, std::int64_t elements, void* stream) noexcept {
  if (elements <= 0) return nullptr;
  const auto blocks = static_cast<unsigned>((elements + block_size - 1) / block_size);
  run<<<blocks, block_size, 0, static_cast<cudaStream_t>(stream)>>>(arguments);
  const cudaError_t status = cudaGetLastError();
  return status == cudaSuccess ? nullptr : cudaGetErrorString(status);
}

#define ISO_DEFINE_LAUNCH(...) template const char* launch(const __VA_ARGS__&, std::int64_t, void*) noexcept;

}  // namespace iso::gpu
