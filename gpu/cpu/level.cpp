#include "gpu/cpu/level.h"

#include <algorithm>
#include <fstream>

namespace iso::gpu::cpu {

#ifdef ISO_CPU_X86
extern const Level level_x86_64, level_x86_64_v2, level_x86_64_v3, level_x86_64_v4;
#else
extern const Level level_generic;
#endif

namespace {

const Level& best() noexcept {
#if defined(ISO_CPU_X86) && !defined(__clang_analyzer__)  // clang 14 does not know the names of the levels
  __builtin_cpu_init();
  if (__builtin_cpu_supports("x86-64-v4")) return level_x86_64_v4;
  if (__builtin_cpu_supports("x86-64-v3")) return level_x86_64_v3;
  if (__builtin_cpu_supports("x86-64-v2")) return level_x86_64_v2;
  return level_x86_64;
#elif defined(ISO_CPU_X86)
  return level_x86_64;
#else
  return level_generic;
#endif
}

}  // namespace

const Level& level() noexcept {
  static const Level& chosen = best();
  return chosen;
}

std::string level_name() {
  std::string name = level().name;
  std::ranges::replace(name, '_', '-');
  return name;
}

std::string processor() {
  std::ifstream lines("/proc/cpuinfo");
  for (std::string line; std::getline(lines, line);) {
    const auto colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "processor of this machine";
}

}  // namespace iso::gpu::cpu
