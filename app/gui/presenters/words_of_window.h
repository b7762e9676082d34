#pragma once

#include <string>

/// Sentences of the core, which speak to a command line too, as a window says them.
namespace iso::gui {

/// Without what tells how to say something on a command line: "(else pass --axes)", "pass the hint dataset=NAME with".
[[nodiscard]] std::string words_of_window(const std::string& sentence);
/// A hint on what to do; empty if it is about a command line.
[[nodiscard]] std::string hint_of_window(const std::string& hint);

}  // namespace iso::gui
