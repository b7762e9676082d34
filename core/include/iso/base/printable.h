#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace iso {

enum class LineBreaks : std::uint8_t { escape, keep };

/// Text of others (names of files, members, messages of plugins) as it may be shown on a terminal, in a log or in a window:
/// control characters, the ones that turn the direction of writing, and bytes that are no UTF-8 become "\x1b" or "\u202e". A
/// tab stays; a line break stays where the text may have several lines.
[[nodiscard]] std::string printable(std::string_view text, LineBreaks breaks = LineBreaks::escape);

}  // namespace iso
