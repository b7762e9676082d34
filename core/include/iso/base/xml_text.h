#pragma once

#include <string>
#include <string_view>

namespace iso {

/// Text of an XML element or attribute, on one line: the five characters with a meaning become entities, line breaks and tabs
/// character references; other control characters, which XML 1.0 cannot hold, are left out.
[[nodiscard]] inline std::string escape_xml(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&': result += "&amp;"; break;
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      case '"': result += "&quot;"; break;
      case '\'': result += "&apos;"; break;
      case '\n': result += "&#10;"; break;
      case '\t': result += "&#9;"; break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20) result += c;
    }
  }
  return result;
}

}  // namespace iso
