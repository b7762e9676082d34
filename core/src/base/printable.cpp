#include "iso/base/printable.h"

#include "utf8_impl.h"

#include <array>
#include <cstddef>
#include <cstdio>

namespace iso {
namespace {

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
    const Utf8Character next = decode_utf8(text.substr(i));
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
