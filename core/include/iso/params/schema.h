#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// A parameter is declared once, in C++ (`iso/params/field.h`). This is the declaration at run time: what the command
/// line, the form, the JSON reader, the manual page and the Slicer description are made from, without plugin code.
namespace iso::params {

using Value = std::variant<bool, std::int64_t, double, std::string, std::vector<double>>;

enum class FieldKind : std::uint8_t { boolean, integer, real, text, choice, path, numbers };
[[nodiscard]] std::string_view to_string(FieldKind kind) noexcept;      ///< "integer"
[[nodiscard]] FieldKind field_kind_from_string(std::string_view name);  ///< throws invalid_input

/// The field matters only while `field` has one of `values` (their text form: "tv", "true", "3").
struct Condition {
  std::string field;
  std::vector<std::string> values;
};

struct FieldInfo {
  std::string name;  ///< snake_case; JSON key; `--kebab-case` on the command line
  std::string label, help;
  std::string unit;  ///< "mm", "1", "iterations"
  FieldKind kind{FieldKind::text};
  Value default_value;
  std::optional<double> minimum, maximum;  ///< inclusive; numbers: of each element
  std::vector<std::string> choices;        ///< of a choice
  bool advanced{false};                    ///< folded away in the form
  bool logarithmic{false};                 ///< a range over decades
  std::optional<Condition> visible_when;
};

struct Schema {
  std::vector<FieldInfo> fields;
  [[nodiscard]] const FieldInfo* find(std::string_view name) const noexcept;
};

struct ParameterProblem {
  std::string parameter;
  std::string message;  ///< one sentence that names the parameter, what was found and what is expected
};

/// {"parameters": [{"name", "label", "help", "unit", "type", "default", "minimum", "maximum", "choices", "advanced",
/// "logarithmic", "visible_when": {"field", "values"}}]} and back; reading throws invalid_input naming the member.
[[nodiscard]] std::string to_json(const Schema& schema);
[[nodiscard]] Schema schema_from_json(std::string_view text);

/// Every problem of a JSON object at once: unknown names (with the nearest known one), wrong types, values out of
/// range, not finite, or not among the choices. Empty means valid. Text that is no JSON object is one problem.
[[nodiscard]] std::vector<ParameterProblem> validate(const Schema& schema, std::string_view parameters_json);

/// Throws invalid_input with all problems in one sentence, unless there are none.
void refuse(std::span<const ParameterProblem> problems);

/// The object with every default spelled out, in the order of the schema. Throws invalid_input naming all problems.
[[nodiscard]] std::string complete(const Schema& schema, std::string_view parameters_json);

/// The object of all defaults, whether or not they are valid.
[[nodiscard]] std::string defaults_json(const Schema& schema);

/// The value as a command line or a table cell has it, and back: "0.5", "true", "tv", "1,2,3". Parsing throws usage with
/// the same sentences as `validate`.
[[nodiscard]] std::string to_text(const Value& value);
[[nodiscard]] Value value_from_text(const FieldInfo& field, std::string_view text);
[[nodiscard]] std::string kebab_case(std::string_view name);  ///< "tv_weight" -> "tv-weight"

}  // namespace iso::params
