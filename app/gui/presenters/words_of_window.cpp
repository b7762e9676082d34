#include "words_of_window.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace iso::gui {
namespace {

bool is_of_command(std::string_view text) {
  constexpr std::array<std::string_view, 6> words{"pass --",    "--",         "pass the hint",
                                                  "`isocenter", "isocenter ", "=NAME"};
  return std::ranges::any_of(words, [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

}  // namespace

std::string words_of_window(const std::string& sentence) {
  std::string kept;
  for (std::size_t at = 0; at < sentence.size();) {
    const std::size_t open = sentence.find(" (", at);
    const std::size_t close = open == std::string::npos ? open : sentence.find(')', open);
    if (close == std::string::npos) {
      kept += sentence.substr(at);
      break;
    }
    kept += sentence.substr(at, open - at);
    if (const std::string aside = sentence.substr(open, close + 1 - open); !is_of_command(aside)) kept += aside;
    at = close + 1;
  }
  return kept;
}

std::string hint_of_window(const std::string& hint) { return is_of_command(hint) ? std::string{} : hint; }

}  // namespace iso::gui
