#pragma once

#include <string>

namespace iso::gpu {

/// Empty, or why there are no Fourier transforms on this machine's devices.
[[nodiscard]] std::string missing_cufft();

}  // namespace iso::gpu
