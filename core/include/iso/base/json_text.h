#pragma once

#include <string_view>

namespace iso {

/// How many objects and lists our JSON may hold within one another.
inline constexpr int deepest_json = 64;

/// Does a text open more than `levels` of them? Brackets within strings do not count. To be asked before a text of others is
/// parsed: what JSON libraries do level by level (copy, print) they do on the stack, and a hundred thousand brackets would
/// end the program.
[[nodiscard]] constexpr bool nests_deeper_than(std::string_view json, int levels = deepest_json) noexcept {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > levels) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

}  // namespace iso
