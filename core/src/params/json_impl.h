#pragma once

// Parameters and schemas as JSON, keeping the order they were written in. Private to the rooms params and plugin.

#include "iso/base/error.h"
#include "iso/params/schema.h"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace iso::params {

using Json = nlohmann::ordered_json;

[[nodiscard]] Json schema_object(const Schema& schema);       ///< {"parameters": [...]}
[[nodiscard]] Schema schema_from_object(const Json& object);  ///< throws invalid_input naming the member

[[nodiscard]] Json make_json(const Value& value);

/// What is wrong with a value of a parameter, as one sentence; empty if nothing is.
[[nodiscard]] std::string complaint(const FieldInfo& field, const Value& value);

/// The JSON value in the type of the field: whole numbers are reals where a real is meant, 3.0 is an integer. Where it
/// is of another type, `problem` says so and the result is the default.
[[nodiscard]] Value value_from_json(const FieldInfo& field, const Json& json, std::string& problem);

/// "parameter 'name' is FOUND, expected EXPECTED".
[[nodiscard]] std::string mismatch(const FieldInfo& field, const std::string& found);

/// A member that has to be there, in the type that is expected. Throws invalid_input naming it as `where`.member.
template <class T>
[[nodiscard]] T required(const Json& object, const char* member, const std::string& where) {
  const auto found = object.find(member);
  if (found == object.end()) throw Error{Errc::invalid_input, where + " has no member '" + member + "'"};
  try {
    return found->get<T>();
  } catch (const Json::exception&) {
    throw Error{Errc::invalid_input, "member '" + std::string{member} + "' of " + where + " is a JSON " +
                                         found->type_name() + " of another form than expected"};
  }
}

/// The same for a member that may be missing or null.
template <class T>
[[nodiscard]] T optional_member(const Json& object, const char* member, const std::string& where, T otherwise = {}) {
  const auto found = object.find(member);
  return found == object.end() || found->is_null() ? std::move(otherwise) : required<T>(object, member, where);
}

/// Parses an object. Throws invalid_input calling the text `what` ("the schema").
[[nodiscard]] Json parse_object(std::string_view text, const std::string& what);

}  // namespace iso::params
