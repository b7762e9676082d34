#pragma once

#include <string>
#include <string_view>

namespace iso::gui {

/// Formulas as GitHub writes them (`$...$`, `$$...$$`, a subset of TeX) as inline HTML that a text view can show: letters of
/// variables in italics, <sub> and <sup>, everything else as Unicode. A command that is not known is shown by its name.
/// Only the help needs it; the command prints the Markdown as it is.
[[nodiscard]] std::string formula_as_html(std::string_view tex);

/// Markdown with its formulas as HTML. Code is left alone, as `$HOME` in a command is no formula.
[[nodiscard]] std::string with_readable_formulas(std::string_view markdown);

/// The same without the tags: for searching and excerpts.
[[nodiscard]] std::string without_tags(std::string text);

}  // namespace iso::gui
