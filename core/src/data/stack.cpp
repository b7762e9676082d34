#include "iso/data/stack.h"

#include "iso/base/error.h"

#include <charconv>

namespace iso {
namespace {

constexpr const char* stack_key = "stack";  ///< "layer 3"

bool fits(const Volume& volume, std::int64_t count) { return count > 1 && volume.grid.size[2] % count == 0; }

}  // namespace

void set_stack(Volume& volume, const Stack& stack) {
  if (stack.name.empty() || !fits(volume, stack.count))
    throw Error{Errc::invalid_input, std::to_string(volume.grid.size[2]) + " slices cannot be a stack of " +
                                         std::to_string(stack.count) + " volumes"};
  volume.meta[stack_key] = stack.name + " " + std::to_string(stack.count);
}

std::optional<Stack> find_stack(const Volume& volume) {
  const auto said = volume.meta.find(stack_key);
  if (said == volume.meta.end()) return std::nullopt;
  const std::string& text = said->second;
  const auto gap = text.rfind(' ');
  if (gap == std::string::npos || gap == 0) return std::nullopt;
  Stack stack{text.substr(0, gap), 0};
  const char* const last = text.data() + text.size();
  const auto [end, problem] = std::from_chars(text.data() + gap + 1, last, stack.count);
  if (problem != std::errc{} || end != last || !fits(volume, stack.count)) return std::nullopt;
  return stack;
}

}  // namespace iso
