#include "method/kernels/kernels.h"

namespace spectral_unmixing {

#ifdef ISO_CPU_X86
namespace x86_64 {
extern const Level level;
}
namespace x86_64_v3 {
extern const Level level;
}
namespace x86_64_v4 {
extern const Level level;
}

const Level& best_level() noexcept {
  static const Level* const best = [] {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
        __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512vl") != 0 &&
        __builtin_cpu_supports("avx512cd") != 0)
      return &x86_64_v4::level;
    if (__builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0 &&
        __builtin_cpu_supports("bmi2") != 0)
      return &x86_64_v3::level;
    return &x86_64::level;
  }();
  return *best;
}
#else
namespace generic {
extern const Level level;
}
const Level& best_level() noexcept { return generic::level; }
#endif

template <>
const Kernels<float>& kernels<float>() noexcept {
  return best_level().f32;
}
template <>
const Kernels<double>& kernels<double>() noexcept {
  return best_level().f64;
}

}  // namespace spectral_unmixing
