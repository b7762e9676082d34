#include "gpu/cpu/level.h"

#include <iso/base/error.h>

#include <algorithm>
#include <fstream>
#include <vector>

namespace iso::gpu::cpu {

#ifdef ISO_CPU_X86
extern const Level level_x86_64, level_x86_64_v2, level_x86_64_v3, level_x86_64_v4;
#else
extern const Level level_generic;
#endif

namespace {

std::vector<const Level*> runnable() {
#if defined(ISO_CPU_X86) && !defined(__clang_analyzer__)  // clang 14 does not know the names of the levels
  __builtin_cpu_init();
  std::vector<const Level*> found;
  if (__builtin_cpu_supports("x86-64-v4")) found.push_back(&level_x86_64_v4);
  if (__builtin_cpu_supports("x86-64-v3")) found.push_back(&level_x86_64_v3);
  if (__builtin_cpu_supports("x86-64-v2")) found.push_back(&level_x86_64_v2);
  found.push_back(&level_x86_64);
  return found;
#elif defined(ISO_CPU_X86)
  return {&level_x86_64};
#else
  return {&level_generic};
#endif
}

}  // namespace

std::span<const Level* const> levels() {
  static const std::vector<const Level*> found = runnable();
  return found;
}

const Level& find_level(std::string_view name) {
  std::string names;
  for (const Level* const level : levels()) {
    if (name.empty() || level_name(*level) == name) return *level;
    names += (names.empty() ? "" : ", ") + level_name(*level);
  }
  throw Error{Errc::usage, "this processor does not run the level '" + std::string{name} + "' of the device cpu",
              "it runs " + names};
}

std::string level_name(const Level& level) {
  std::string name = level.name;
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
