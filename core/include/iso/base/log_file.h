#pragma once

namespace iso::log {

/// Whether the file that `to_file` named has every line so far; true where none was named. A program that is asked for a log and
/// could not keep it ends with the exit code of cannot_write, whatever else it wrote.
[[nodiscard]] bool is_file_whole() noexcept;

}  // namespace iso::log
