#include "iso/job/recipe.h"

#include "recipe_json_impl.h"

#include "iso/base/byte_text.h"
#include "iso/base/names.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

namespace iso::job {
namespace {

constexpr int recipe_version = 1;
constexpr std::array<std::string_view, 7> state_names{"queued",    "running", "cancelling", "done",
                                                      "cancelled", "failed",  "crashed"};

void read_findings(const Json& json, std::vector<Finding>& findings) {
  std::vector<std::string> names;
  read_member(json, "accepted_geometry", names);
  for (const std::string& name : names) findings.push_back(read_finding("accepted_geometry", name));
}

/// A place a port, or a list of places.
void read_inputs(const Json& json, Recipe& recipe) {
  const auto found = json.find("inputs");
  if (found == json.end() || found->is_null()) return;
  if (!found->is_object())
    throw Error(Errc::invalid_input,
                "member 'inputs' is a JSON " + std::string(found->type_name()) + " of another form than expected");
  for (const auto& [port, places] : found->items())
    places.is_array() ? read_member(*found, port.c_str(), recipe.collections[port])
                      : read_member(*found, port.c_str(), recipe.inputs[port]);
}

std::string absolute(const std::string& place, const std::string& folder) {
  if (place.empty() || place == "-" || in_workspace(place)) return place;
  return (std::filesystem::path(folder) / place).lexically_normal().string();
}

template <class Change>
void change_paths(Recipe& recipe, const Change& change) {
  for (auto& [port, place] : recipe.inputs) change(place);
  for (auto& [port, places] : recipe.collections)
    for (std::string& place : places) change(place);
  for (auto& [port, place] : recipe.outputs) change(place);
  for (auto& [port, hints] : recipe.hints)
    for (auto& [key, value] : hints)
      if (names_file(key, value)) change(value);
}

}  // namespace

bool names_file(std::string_view hint, std::string_view value) noexcept {
  if (hint == "geometry" || hint == "sampling_mask" || hint == "trajectory") return !value.empty();
  if (hint == "wavelengths") return value.find_first_not_of("0123456789.,:+-eE ") != std::string_view::npos;
  if ((hint != "unattenuated" && hint != "dark") || value.empty() || value == "none") return false;
  double number = 0;
  const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), number);
  return problem != std::errc{} || end != value.data() + value.size();
}

std::string_view to_string(State state) noexcept {
  const auto index = static_cast<std::size_t>(state);
  return index < state_names.size() ? state_names[index] : "unknown";
}

Finding read_finding(const std::string& member, const std::string& name) {
  try {
    return finding_from_string(name);
  } catch (const Error& problem) {
    throw Error(Errc::invalid_input, "member '" + member + "': " + problem.what(), problem.hint());
  }
}

State state_from_string(std::string_view name) {
  for (std::size_t i = 0; i < state_names.size(); ++i)
    if (state_names[i] == name) return static_cast<State>(i);
  throw Error(Errc::invalid_input, "state '" + std::string(name) + "' is not one of a job's states");
}

namespace {

/// Names of files may be any bytes.
std::map<std::string, std::string> as_utf8(std::map<std::string, std::string> places) {
  for (auto& [name, place] : places) place = utf8_from_bytes(place);
  return places;
}

}  // namespace

Json recipe_object(const Recipe& recipe) {
  Json accepted = Json::array();
  for (const Finding finding : recipe.accepted_geometry) accepted.push_back(std::string(to_string(finding)));
  Json json{{"recipe_version", recipe_version},
            {"task", recipe.task},
            {"inputs", as_utf8(recipe.inputs)},
            {"outputs", as_utf8(recipe.outputs)},
            {"parameters", parse_object(recipe.parameters_json, "parameters of the recipe")},
            {"device", recipe.device},
            {"seed", recipe.seed}};
  for (const auto& [port, places] : recipe.collections) {
    Json& list = json["inputs"][port] = Json::array();
    for (const std::string& place : places) list.push_back(utf8_from_bytes(place));
  }
  for (const auto& [port, hints] : recipe.hints) json["hints"][port] = as_utf8(hints);
  if (!accepted.empty()) json["accepted_geometry"] = std::move(accepted);
  return json;
}

namespace {

/// A slip of the pen in the name of a member would run with defaults; others, such as remarks, are let be.
void check_names(const Json& json) {
  static const std::vector<std::string> known{"recipe_version", "task", "inputs", "outputs",          "parameters",
                                              "device",         "seed", "hints",  "accepted_geometry"};
  for (const auto& [name, value] : json.items()) {
    if (std::ranges::find(known, name) != known.end()) continue;
    if (const std::string meant = nearest_name(name, known); !meant.empty())
      throw Error(Errc::invalid_input, "the recipe has a member '" + name + "', which means nothing",
                  "did you mean '" + meant + "'?");
  }
}

}  // namespace

Recipe recipe_from_object(const Json& json) {
  check_version(json, "recipe_version", recipe_version);
  check_names(json);
  Recipe recipe;
  read_member(json, "task", recipe.task);
  if (recipe.task.empty())
    throw Error(Errc::invalid_input, "the recipe has no task",
                "add \"task\": \"plugin/task\"; `isocenter list` names them");
  read_inputs(json, recipe);
  read_member(json, "hints", recipe.hints);
  read_member(json, "outputs", recipe.outputs);
  for (auto& [port, place] : recipe.outputs) place = bytes_from_utf8(place);
  for (auto& [port, place] : recipe.inputs) place = bytes_from_utf8(place);
  for (auto& [port, places] : recipe.collections)
    for (std::string& place : places) place = bytes_from_utf8(place);
  for (auto& [port, hints] : recipe.hints)
    for (auto& [name, value] : hints) value = bytes_from_utf8(value);
  if (const auto parameters = json.find("parameters"); parameters != json.end()) {
    if (!parameters->is_object())
      throw Error(Errc::invalid_input,
                  "member 'parameters' is a JSON " + std::string(parameters->type_name()) + ", expected an object");
    recipe.parameters_json = parameters->dump();
  }
  read_member(json, "device", recipe.device);
  if (const auto seed = json.find("seed"); seed != json.end() && !seed->is_number_unsigned())
    throw Error(Errc::invalid_input, "member 'seed' is " + seed->dump() + ", expected a whole number of 0 or more");
  read_member(json, "seed", recipe.seed);
  read_findings(json, recipe.accepted_geometry);
  return recipe;
}

std::string to_json(const Recipe& recipe) { return recipe_object(recipe).dump(2) + "\n"; }

Recipe recipe_from_json(std::string_view text) { return recipe_from_object(parse_object(text, "recipe")); }

Recipe relative_to(Recipe recipe, const std::string& folder) {
  const std::filesystem::path base = std::filesystem::path(folder).lexically_normal();
  const auto shorten = [&](std::string& place) {
    if (place.empty() || place == "-" || in_workspace(place) || !std::filesystem::path(place).is_absolute()) return;
    const std::filesystem::path near = std::filesystem::path(place).lexically_normal().lexically_relative(base);
    if (near.empty() || near.string().starts_with("../..")) return;
    place = near.string();
  };
  change_paths(recipe, shorten);
  return recipe;
}

Recipe resolved(Recipe recipe, const std::string& folder) {
  change_paths(recipe, [&](std::string& place) { place = absolute(place, folder); });
  return recipe;
}

}  // namespace iso::job
