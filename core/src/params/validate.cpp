#include "json_impl.h"

#include "iso/base/names.h"
#include "iso/params/field.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace iso::params {
namespace {

/// Beyond this a double no longer holds every whole number.
constexpr double whole_limit = 9007199254740992.0;

std::string number(double value) { return to_text(Value{value}); }

/// "a number from 0 to 10 mm", "one of ram_lak, hann".
std::string expectation(const FieldInfo& field) {
  if (field.kind == FieldKind::choice) {
    std::string text = "one of ";
    for (std::size_t i = 0; i < field.choices.size(); ++i) text += (i == 0 ? "" : ", ") + field.choices[i];
    return text;
  }
  if (field.kind == FieldKind::boolean) return "true or false";
  if (field.kind == FieldKind::text) return "text";
  if (field.kind == FieldKind::path) return "a path";
  std::string text = field.kind == FieldKind::integer ? "a whole number"
                     : field.kind == FieldKind::real  ? "a number"
                                                      : "numbers";
  if (field.minimum && field.maximum)
    text += " from " + number(*field.minimum) + " to " + number(*field.maximum);
  else if (field.minimum)
    text += " of at least " + number(*field.minimum);
  else if (field.maximum)
    text += " of at most " + number(*field.maximum);
  const bool named = !field.unit.empty() && field.unit != "1";
  return named && (field.minimum || field.maximum) ? text + " " + field.unit : text;
}

bool inside(const FieldInfo& field, double value) {
  return (!field.minimum || value >= *field.minimum) && (!field.maximum || value <= *field.maximum);
}

std::string complain_of_number(const FieldInfo& field, double value) {
  if (!std::isfinite(value)) return mismatch(field, "not finite");
  return inside(field, value) ? std::string{} : mismatch(field, number(value));
}

/// Every member of the object in the type of its field, the rest defaults; what is wrong goes to `problems`.
std::vector<Value> typed(const Schema& schema, const Json& object, std::vector<ParameterProblem>& problems) {
  std::vector<std::string> known;
  known.reserve(schema.fields.size());
  for (const FieldInfo& field : schema.fields) known.push_back(field.name);
  for (const auto& [name, json] : object.items()) {
    if (schema.find(name) != nullptr) continue;
    const std::string near = nearest_name(name, known);
    problems.push_back(
        {name, "there is no parameter '" + name + "'" + (near.empty() ? "" : "; did you mean '" + near + "'?")});
  }
  std::vector<Value> values;
  for (const FieldInfo& field : schema.fields) {
    const auto found = object.find(field.name);
    if (found == object.end()) {
      values.push_back(field.default_value);
      continue;
    }
    std::string problem;
    values.push_back(value_from_json(field, *found, problem));
    if (problem.empty()) problem = complaint(field, values.back());
    if (!problem.empty()) problems.push_back({field.name, problem});
  }
  return values;
}

Json make_object(const Schema& schema, const std::vector<Value>& values) {
  Json object = Json::object();
  for (std::size_t i = 0; i < schema.fields.size(); ++i) object[schema.fields[i].name] = make_json(values[i]);
  return object;
}

Json parameters_object(std::string_view text) {
  return text.empty() ? Json::object() : parse_object(text, "the set of parameters");
}

}  // namespace

std::string mismatch(const FieldInfo& field, const std::string& found) {
  return "parameter '" + field.name + "' is " + found + ", expected " + expectation(field);
}

Json make_json(const Value& value) {
  return std::visit([](const auto& held) { return Json(held); }, value);
}

std::string complaint(const FieldInfo& field, const Value& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value))
    return inside(field, static_cast<double>(*whole)) ? std::string{} : mismatch(field, std::to_string(*whole));
  if (const auto* real = std::get_if<double>(&value)) return complain_of_number(field, *real);
  if (const auto* list = std::get_if<std::vector<double>>(&value)) {
    for (std::size_t i = 0; i < list->size(); ++i) {
      if (std::isfinite((*list)[i]) && inside(field, (*list)[i])) continue;
      const std::string found = std::isfinite((*list)[i]) ? number((*list)[i]) : "not finite";
      return "element " + std::to_string(i + 1) + " of parameter '" + field.name + "' is " + found + ", expected " +
             expectation(field);
    }
  }
  if (field.kind == FieldKind::choice &&
      std::ranges::find(field.choices, std::get<std::string>(value)) == field.choices.end())
    return mismatch(field, "'" + std::get<std::string>(value) + "'");
  return {};
}

Value value_from_json(const FieldInfo& field, const Json& json, std::string& problem) {
  switch (field.kind) {
    case FieldKind::boolean:
      if (json.is_boolean()) return json.get<bool>();
      break;
    case FieldKind::integer:
      if (json.is_number_unsigned() &&
          json.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()})
        break;
      if (json.is_number_integer()) return json.get<std::int64_t>();
      if (json.is_number_float() && std::abs(json.get<double>()) <= whole_limit &&
          json.get<double>() == std::floor(json.get<double>()))
        return static_cast<std::int64_t>(json.get<double>());
      break;
    case FieldKind::real:
      if (json.is_number()) return json.get<double>();
      if (json.is_null()) {  // how JSON writes a value that is not finite
        problem = mismatch(field, "not finite");
        return field.default_value;
      }
      break;
    case FieldKind::numbers:
      if (json.is_array() && std::ranges::all_of(json, [](const Json& each) { return each.is_number(); }))
        return json.get<std::vector<double>>();
      break;
    case FieldKind::text:
    case FieldKind::path:
    case FieldKind::choice:
      if (json.is_string()) return json.get<std::string>();
      break;
  }
  problem = mismatch(field, json.dump(-1, ' ', false, Json::error_handler_t::replace));
  return field.default_value;
}

std::vector<ParameterProblem> validate(const Schema& schema, std::string_view parameters_json) {
  std::vector<ParameterProblem> problems;
  try {
    (void)typed(schema, parameters_object(parameters_json), problems);
  } catch (const Error& error) {
    problems.push_back({"", error.what()});
  }
  return problems;
}

void refuse(std::span<const ParameterProblem> problems) {
  if (problems.empty()) return;
  std::string sentence;
  for (const ParameterProblem& problem : problems) sentence += (sentence.empty() ? "" : "; ") + problem.message;
  throw Error{Errc::invalid_input, sentence, "`isocenter describe TASK` lists the parameters with their ranges"};
}

std::string complete(const Schema& schema, std::string_view parameters_json) {
  std::vector<ParameterProblem> problems;
  const std::vector<Value> values = typed(schema, parameters_object(parameters_json), problems);
  refuse(problems);
  return make_object(schema, values).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string defaults_json(const Schema& schema) {
  std::vector<Value> values;
  values.reserve(schema.fields.size());
  for (const FieldInfo& field : schema.fields) values.push_back(field.default_value);
  return make_object(schema, values).dump();
}

namespace detail {

std::vector<Value> values_in(const Schema& schema, std::string_view parameters_json) {
  std::vector<ParameterProblem> problems;
  std::vector<Value> values = typed(schema, parameters_object(parameters_json), problems);
  refuse(problems);
  return values;
}

std::string make_json(const Schema& schema, const std::vector<Value>& values) {
  return make_object(schema, values).dump(-1, ' ', false, Json::error_handler_t::replace);
}

void refuse_narrow(std::string_view name, std::int64_t value) {
  throw Error{Errc::invalid_input,
              "parameter '" + std::string{name} + "' is " + std::to_string(value) + ", more than its type can hold"};
}

}  // namespace detail
}  // namespace iso::params
