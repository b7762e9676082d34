#pragma once

#include <string>
#include <string_view>

namespace iso {

/// Names of files are bytes, JSON is UTF-8. A text that is UTF-8 stays as it is; any other one becomes U+0001 and its bytes in
/// hexadecimal digits, so that it comes back as it was. (A text that begins with U+0001 is taken for such a one, too.)
[[nodiscard]] std::string utf8_from_bytes(std::string_view bytes);
/// The way back. What cannot have come from there is given back as it is.
[[nodiscard]] std::string bytes_from_utf8(std::string_view text);

[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

}  // namespace iso
