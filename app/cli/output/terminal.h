#pragma once

#include <string>
#include <string_view>
#include <vector>

/// The only place of the command that prints. What a terminal would obey (iso/base/printable.h) is escaped everywhere.
namespace iso::cli {

/// From now on the standard output takes what `print` is given and nothing else: whatever a plugin or a library prints there
/// goes to stderr, so that it never stands between two lines of `--progress jsonl`.
void reserve_stdout();
/// Results: to stdout, at once. Throws cannot_write if stdout does not take it (a full disk, a closed pipe).
void print(std::string_view text);
/// What is no result: a line on stderr, above the progress bar if there is one.
void note(std::string_view line);
/// Redraws the last line of the terminal; empty takes it away.
void draw_bar(std::string_view line);
[[nodiscard]] bool stderr_is_terminal() noexcept;
[[nodiscard]] int terminal_columns() noexcept;

/// Rows of cells in aligned columns, the first row underlined.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> header) : rows_{std::move(header)} {}
  void add(std::vector<std::string> row);  ///< what cannot be shown is escaped
  [[nodiscard]] std::string text() const;

 private:
  struct Rows : std::vector<std::vector<std::string>> {
    explicit Rows(std::vector<std::string> header) { push_back(std::move(header)); }
  };
  Rows rows_;
};

/// 0.123456 -> "0.1235", 12345.6 -> "12350"; four digits are what a person compares.
[[nodiscard]] std::string in_digits(double value, int digits = 4);
[[nodiscard]] std::string clock_text(double seconds);  ///< "0:42", "1:02:03"

}  // namespace iso::cli
