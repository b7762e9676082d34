#pragma once

#include <iso/compute/backend.h>

#include <memory>
#include <vector>

namespace iso::gpu {

/// One back end a usable CUDA device, "cuda:0" and so on. Throws no_device with the reason where there is none: no driver,
/// a driver too old, no device, only devices that are too old.
[[nodiscard]] std::vector<std::unique_ptr<compute::Backend>> make_cuda_backends();

}  // namespace iso::gpu
