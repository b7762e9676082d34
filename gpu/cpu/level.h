#pragma once

#include "gpu/cpu/kernels/kernels.h"

#include <string>
#include <type_traits>

namespace iso::gpu::cpu {

/// The kernels for the best instruction set of this machine; chosen once.
[[nodiscard]] const Level& level() noexcept;
[[nodiscard]] std::string level_name();  ///< "x86-64-v3"
[[nodiscard]] std::string processor();   ///< model name

template <class T>
[[nodiscard]] const Kernels<T>& kernels() noexcept {
  if constexpr (std::is_same_v<T, float>)
    return level().f32;
  else
    return level().f64;
}

}  // namespace iso::gpu::cpu
