#pragma once

#include "gpu/cpu/kernels/kernels.h"

#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace iso::compute {
class Backend;
}

namespace iso::gpu::cpu {

/// The kernels built for each instruction set that this machine runs, the best first.
[[nodiscard]] std::span<const Level* const> levels();
/// The one of that name ("x86-64-v3"), the best for an empty one. Throws usage, naming those there are.
[[nodiscard]] const Level& find_level(std::string_view name);
[[nodiscard]] std::string level_name(const Level& level);  ///< "x86-64-v3"
[[nodiscard]] std::string processor();                     ///< model name

/// What a back end that `make_cpu_backend` made computes with.
[[nodiscard]] const Level& level(const compute::Backend& backend) noexcept;

template <class T>
[[nodiscard]] const Kernels<T>& kernels(const compute::Backend& backend) noexcept {
  if constexpr (std::is_same_v<T, float>)
    return level(backend).f32;
  else
    return level(backend).f64;
}
template <class T>
[[nodiscard]] const VectorKernels<T>& vector_kernels(const compute::Backend& backend) noexcept {
  if constexpr (std::is_same_v<T, float>)
    return level(backend).vector->f32;
  else
    return level(backend).vector->f64;
}
template <class T>
[[nodiscard]] const LineKernels<T>& line_kernels(const compute::Backend& backend) noexcept {
  if constexpr (std::is_same_v<T, float>)
    return level(backend).lines->f32;
  else
    return level(backend).lines->f64;
}

}  // namespace iso::gpu::cpu
