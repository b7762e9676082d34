#pragma once

#include "iso/models/runtime.h"

#include <memory>

namespace iso::gpu {

/// OpenVINO on the processor: float32 whatever the processor prefers, as many threads as the budget has, no pinning of threads.
[[nodiscard]] std::unique_ptr<models::Runtime> make_openvino_runtime(const models::RuntimeSettings& settings);

}  // namespace iso::gpu
