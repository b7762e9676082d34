#pragma once

#include <string>
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

/// The first name that one object has twice, as it is written; empty if none has, or where the text is no JSON. Which of the two is meant
/// nobody knows, and a parser takes either (RFC 8259, 4).
[[nodiscard]] std::string find_doubled_member(std::string_view json);
/// Throws invalid_input, "WHAT says 'seed' twice in one object". For what people write; call it after `nests_deeper_than`.
void refuse_doubled_members(std::string_view json, const std::string& what);

}  // namespace iso
