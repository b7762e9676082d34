#pragma once

// Reading JSON objects member by member, with errors that name the member. Private to the job room.

#include "iso/base/checked.h"
#include "iso/base/error.h"
#include "iso/base/json_text.h"

#include <nlohmann/json.hpp>

#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iso::job {

using Json = nlohmann::ordered_json;  // parameters keep the order of their schema

/// Parses text into an object. Throws invalid_input calling it `what` ("recipe").
[[nodiscard]] inline Json parse_object(std::string_view text, std::string_view what) {
  if (nests_deeper_than(text))
    throw Error(Errc::invalid_input, "the " + std::string(what) + " holds lists within lists without end");
  Json json = Json::parse(text.begin(), text.end(), nullptr, false);
  if (json.is_discarded())
    throw Error(Errc::invalid_input, "the " + std::string(what) + " is not JSON",
                "check it for a missing quote, comma or brace");
  refuse_doubled_members(text, "the " + std::string(what));
  if (!json.is_object())
    throw Error(Errc::invalid_input,
                "the " + std::string(what) + " is a JSON " + json.type_name() + ", expected an object");
  return json;
}

/// A whole number that the type holds; nothing for any other value, which the library would cut off without a word.
template <std::integral T>
[[nodiscard]] std::optional<T> to_whole_number(const Json& json) {
  if (json.is_number_unsigned()) return narrowed<T>(json.get<std::uint64_t>());
  if (json.is_number_integer()) return narrowed<T>(json.get<std::int64_t>());
  return json.is_number_float() ? to_whole<T>(json.get<double>()) : std::nullopt;
}

/// Assigns json[name] to `target` where it is present and not null. Throws invalid_input naming the member.
template <class T>
void read_member(const Json& json, const char* name, T& target) {
  const auto found = json.find(name);
  if (found == json.end() || found->is_null()) return;
  if constexpr (std::integral<T> && !std::same_as<T, bool>) {
    const auto whole = to_whole_number<T>(*found);
    if (!whole)
      throw Error(Errc::invalid_input, "member '" + std::string(name) + "' is " + found->dump().substr(0, 40) +
                                           ", a whole number was expected that is not too large");
    target = *whole;
    return;
  }
  try {
    target = found->get<T>();
  } catch (const Json::exception&) {
    throw Error(Errc::invalid_input, "member '" + std::string(name) + "' is a JSON " + found->type_name() +
                                         " of another form than expected");
  }
}

/// Refuses versions newer than `known`; a missing version is taken as known.
inline void check_version(const Json& json, const char* name, int known) {
  const auto found = json.find(name);
  if (found == json.end() || found->is_null()) return;
  const auto version = found->is_number() ? to_whole<std::int64_t>(found->get<double>()) : std::nullopt;
  if (!version || *version < 1 || *version > known)
    throw Error(
        Errc::invalid_input,
        "'" + std::string(name) + "' is " + found->dump() + ", this program reads up to " + std::to_string(known),
        "read it with the program that wrote it, or a newer one");
}

}  // namespace iso::job
