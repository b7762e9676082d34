#include "iso/base/printable.h"

#include <array>
#include <cstddef>
#include <cstdio>

namespace iso {
namespace {

struct Character {
  std::uint32_t code{0};
  std::size_t bytes{0};  ///< 0: no UTF-8 begins here
};

Character decode(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = at(0);
  if (first < 0x80) return {first, 1};
  const std::size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < bytes) return {};
  std::uint32_t code = first & (0xffU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((at(i) & 0xc0U) != 0x80U) return {};
    code = (code << 6U) | (at(i) & 0x3fU);
  }
  constexpr std::array<std::uint32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  if (code < least[bytes] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return {};
  return {code, bytes};
}

bool is_shown(std::uint32_t code) {
  const bool control = code < 0x20 || (code >= 0x7f && code <= 0x9f);
  const bool turns = (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || code == 0x200e ||
                     code == 0x200f || code == 0x2028 || code == 0x2029;
  return !control && !turns;
}

}  // namespace

std::string printable(std::string_view text, LineBreaks breaks) {
  std::string out;
  out.reserve(text.size());
  std::array<char, 16> escaped{};
  for (std::size_t i = 0; i < text.size();) {
    const Character next = decode(text.substr(i));
    const bool kept = next.code == '\t' || (next.code == '\n' && breaks == LineBreaks::keep);
    if (next.bytes > 0 && (kept || is_shown(next.code))) {
      out.append(text.substr(i, next.bytes));
    } else if (next.bytes > 0 && next.code == '\n') {
      out += "\\n";
    } else if (next.bytes > 0 && next.code > 0xff) {
      std::snprintf(escaped.data(), escaped.size(), "\\u%04x", next.code);
      out += escaped.data();
    } else {
      std::snprintf(escaped.data(), escaped.size(), "\\x%02x",
                    next.bytes > 0 ? next.code : static_cast<unsigned char>(text[i]));
      out += escaped.data();
    }
    i += next.bytes > 0 ? next.bytes : 1;
  }
  return out;
}

}  // namespace iso
