#pragma once

#include <functional>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

namespace iso::log {

enum class Level { debug, info, warning, error, quiet };
[[nodiscard]] std::string_view to_string(Level level) noexcept;  ///< "warning"
[[nodiscard]] std::optional<Level> level_from_string(
    std::string_view name) noexcept;  ///< nothing for a name that is none

/// Where lines go; the program chooses. Starts as stderr at `warning`.
using Sink = std::function<void(Level, std::string_view topic, std::string_view text)>;
void set_level(Level level) noexcept;
[[nodiscard]] Level level() noexcept;
void set_sink(Sink sink);  ///< replaces the sinks; an empty one restores stderr
/// Adds a file to the sinks, which only its user may read; lines are appended. Throws cannot_write if it cannot be opened, or is
/// there and holds anything but lines of a log.
void to_file(const std::string& path);
void line(Level level, std::string_view topic, std::string_view text);

template <class... Parts>
void write(Level at, std::string_view topic, const Parts&... parts) {
  if (at < level()) return;
  std::ostringstream text;
  (text << ... << parts);
  line(at, topic, text.str());
}
template <class... P>
void debug(std::string_view topic, const P&... p) {
  write(Level::debug, topic, p...);
}
template <class... P>
void info(std::string_view topic, const P&... p) {
  write(Level::info, topic, p...);
}
template <class... P>
void warning(std::string_view topic, const P&... p) {
  write(Level::warning, topic, p...);
}
template <class... P>
void error(std::string_view topic, const P&... p) {
  write(Level::error, topic, p...);
}

}  // namespace iso::log
