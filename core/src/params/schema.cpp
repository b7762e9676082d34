#include "iso/params/schema.h"

#include "iso/base/json_text.h"
#include "json_impl.h"

#include <algorithm>
#include <array>

namespace iso::params {
namespace {

constexpr std::array<std::string_view, 7> kind_names{"boolean", "integer", "real", "text", "choice", "path", "numbers"};

Json field_object(const FieldInfo& field) {
  Json object{{"name", field.name},
              {"label", field.label},
              {"help", field.help},
              {"unit", field.unit},
              {"type", std::string{to_string(field.kind)}},
              {"default", make_json(field.default_value)}};
  const auto limit = [&](const char* name, const std::optional<double>& value) {
    if (!value) return;
    if (field.kind == FieldKind::integer)
      object[name] = static_cast<std::int64_t>(*value);
    else
      object[name] = *value;
  };
  limit("minimum", field.minimum);
  limit("maximum", field.maximum);
  if (!field.choices.empty()) object["choices"] = field.choices;
  if (field.advanced) object["advanced"] = true;
  if (field.logarithmic) object["logarithmic"] = true;
  if (field.visible_when)
    object["visible_when"] = Json{{"field", field.visible_when->field}, {"values", field.visible_when->values}};
  return object;
}

std::optional<double> limit_from(const Json& object, const char* name, const std::string& where) {
  if (!object.contains(name) || object[name].is_null()) return std::nullopt;
  return required<double>(object, name, where);
}

FieldInfo field_from_object(const Json& object) {
  if (!object.is_object())
    throw Error{Errc::invalid_input,
                "a parameter of the schema is a JSON " + std::string{object.type_name()} + ", expected an object"};
  FieldInfo field;
  field.name = required<std::string>(object, "name", "a parameter of the schema");
  const std::string where = "parameter '" + field.name + "' of the schema";
  field.label = optional_member<std::string>(object, "label", where, field.name);
  field.help = optional_member<std::string>(object, "help", where);
  field.unit = optional_member<std::string>(object, "unit", where);
  field.kind = field_kind_from_string(required<std::string>(object, "type", where));
  field.minimum = limit_from(object, "minimum", where);
  field.maximum = limit_from(object, "maximum", where);
  field.choices = optional_member<std::vector<std::string>>(object, "choices", where);
  field.advanced = optional_member<bool>(object, "advanced", where);
  field.logarithmic = optional_member<bool>(object, "logarithmic", where);
  if (const auto condition = object.find("visible_when"); condition != object.end() && !condition->is_null()) {
    const std::string inside = "'visible_when' of " + where;
    field.visible_when = Condition{required<std::string>(*condition, "field", inside),
                                   required<std::vector<std::string>>(*condition, "values", inside)};
  }
  if (!object.contains("default")) throw Error{Errc::invalid_input, where + " has no member 'default'"};
  std::string problem;
  field.default_value = value_from_json(field, object["default"], problem);
  if (!problem.empty()) throw Error{Errc::invalid_input, "member 'default' of the schema: " + problem};
  return field;
}

}  // namespace

std::string_view to_string(FieldKind kind) noexcept { return kind_names[static_cast<std::size_t>(kind)]; }

FieldKind field_kind_from_string(std::string_view name) {
  for (std::size_t i = 0; i < kind_names.size(); ++i)
    if (kind_names[i] == name) return static_cast<FieldKind>(i);
  throw Error{Errc::invalid_input, "'" + std::string{name} + "' is no type of parameter",
              "the types are boolean, integer, real, text, choice, path and numbers"};
}

const FieldInfo* Schema::find(std::string_view name) const noexcept {
  const auto found = std::ranges::find(fields, name, &FieldInfo::name);
  return found == fields.end() ? nullptr : &*found;
}

Json parse_object(std::string_view text, const std::string& what) {
  if (nests_deeper_than(text)) throw Error{Errc::invalid_input, what + " holds lists within lists without end"};
  Json json = Json::parse(text.begin(), text.end(), nullptr, false);
  if (json.is_discarded())
    throw Error{Errc::invalid_input, what + " is not JSON",
                "check for a missing quote, comma or brace, or a number beyond 1e308"};
  refuse_doubled_members(text, what);
  if (!json.is_object())
    throw Error{Errc::invalid_input, what + " is a JSON " + json.type_name() + ", expected an object"};
  return json;
}

Json schema_object(const Schema& schema) {
  Json list = Json::array();
  for (const FieldInfo& field : schema.fields) list.push_back(field_object(field));
  return Json{{"parameters", std::move(list)}};
}

Schema schema_from_object(const Json& object) {
  const auto found = object.find("parameters");
  if (found == object.end() || !found->is_array())
    throw Error{Errc::invalid_input, "the schema has no list 'parameters'"};
  Schema schema;
  for (const Json& field : *found) {
    schema.fields.push_back(field_from_object(field));
    const std::string& name = schema.fields.back().name;
    if (schema.find(name) != &schema.fields.back())
      throw Error{Errc::invalid_input, "the schema has two parameters '" + name + "'"};
  }
  return schema;
}

std::string to_json(const Schema& schema) { return schema_object(schema).dump(); }
Schema schema_from_json(std::string_view text) { return schema_from_object(parse_object(text, "the schema")); }

}  // namespace iso::params
