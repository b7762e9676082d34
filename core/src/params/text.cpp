#include "json_impl.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace iso::params {
namespace {

/// The shortest text that reads back as the same double.
std::string shortest(double value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end.ptr};
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

template <class T>
bool parse(std::string_view text, T& value) {
  text = trimmed(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc{} && result.ptr == text.data() + text.size() && !text.empty();
}

bool parse_list(std::string_view text, std::vector<double>& values) {
  text = trimmed(text);
  while (!text.empty()) {
    const auto comma = text.find(',');
    double value = 0;
    if (!parse(text.substr(0, comma), value)) return false;
    values.push_back(value);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
    if (text.empty()) return false;
  }
  return true;
}

bool parse_flag(std::string_view text, bool& value) {
  constexpr std::array<std::string_view, 4> yes{"true", "1", "yes", "on"}, no{"false", "0", "no", "off"};
  value = std::ranges::find(yes, text) != yes.end();
  return value || std::ranges::find(no, text) != no.end();
}

/// False where the text is of another type.
bool read(const FieldInfo& field, std::string_view text, Value& value) {
  switch (field.kind) {
    case FieldKind::boolean: return parse_flag(trimmed(text), value.emplace<bool>());
    case FieldKind::integer: return parse(text, value.emplace<std::int64_t>());
    case FieldKind::real: return parse(text, value.emplace<double>());
    case FieldKind::numbers: return parse_list(text, value.emplace<std::vector<double>>());
    case FieldKind::text:
    case FieldKind::path:
    case FieldKind::choice: value = std::string{text}; return true;
  }
  return false;
}

}  // namespace

std::string to_text(const Value& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
  if (const auto* real = std::get_if<double>(&value)) return shortest(*real);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  std::string list;
  for (const double each : std::get<std::vector<double>>(value)) list += (list.empty() ? "" : ",") + shortest(each);
  return list;
}

Value value_from_text(const FieldInfo& field, std::string_view text) {
  Value value;
  const std::string problem =
      read(field, text, value) ? complaint(field, value) : mismatch(field, "'" + std::string{text} + "'");
  if (!problem.empty()) throw Error{Errc::usage, problem, field.help};
  return value;
}

std::string kebab_case(std::string_view name) {
  std::string result{name};
  std::ranges::replace(result, '_', '-');
  return result;
}

}  // namespace iso::params
