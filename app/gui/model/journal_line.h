#pragma once

#include "iso/base/digest.h"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

/// The lines of a journal with their checksums. Private to the journal and its recovery.
namespace iso::gui {

inline constexpr const char* journal_name = "journal.jsonl";
inline constexpr std::string_view sum_begin = R"({"sum":")", sum_end = R"(",)";
inline constexpr std::size_t sum_digits = 16;

inline std::string line_checksum(std::string_view text) { return Sha256{}.update(text).hex().substr(0, sum_digits); }

/// {"a":1} -> {"sum":"0123456789abcdef","a":1}
inline std::string with_checksum(const std::string& object) {
  return std::string{sum_begin} + line_checksum(object) + std::string{sum_end} + object.substr(1);
}

/// The object of a line whose checksum fits, or that was written before lines had one. Discarded otherwise.
inline nlohmann::json parse_line(const std::string& text) {
  constexpr std::size_t head = sum_begin.size() + sum_digits + sum_end.size();
  if (!text.starts_with(sum_begin)) return nlohmann::json::parse(text, nullptr, false);
  if (text.size() <= head) return nlohmann::json(nlohmann::json::value_t::discarded);
  const std::string object = "{" + text.substr(head);
  if (text.substr(sum_begin.size(), sum_digits) != line_checksum(object))
    return nlohmann::json(nlohmann::json::value_t::discarded);
  return nlohmann::json::parse(object, nullptr, false);
}

}  // namespace iso::gui
