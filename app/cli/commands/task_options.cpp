#include "task_options.h"

#include "iso/base/error.h"
#include "iso/base/names.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>

namespace iso::cli {
namespace {

using Json = nlohmann::ordered_json;

Json make_json(const params::Value& value) {
  return std::visit([](const auto& v) { return Json(v); }, value);
}

std::string what_is_expected(const params::FieldInfo& field) {
  if (field.kind == params::FieldKind::choice) {
    std::string text;
    for (const std::string& choice : field.choices) text += (text.empty() ? "" : "|") + choice;
    return text;
  }
  std::string text{to_string(field.kind)};
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string make_help(const params::FieldInfo& field) {
  std::string text = field.help.empty() ? field.label : field.help;
  std::string more;
  if (!field.unit.empty() && field.unit != "1") more += field.unit;
  if (field.minimum || field.maximum) {
    const auto bound = [](const std::optional<double>& value, const char* none) {
      return value ? params::to_text(*value) : std::string(none);
    };
    more += (more.empty() ? "" : ", ") + bound(field.minimum, "-inf") + " to " + bound(field.maximum, "inf");
  }
  const std::string normal = params::to_text(field.default_value);
  if (!normal.empty()) more += (more.empty() ? "" : ", ") + std::string("default ") + normal;
  return more.empty() ? text : text + " [" + more + "]";
}

/// Whether -i or -o can mean this port: it is the only one of its side that must be there, or the only one at all.
bool is_the_one(const plugin::Port& port, const std::vector<plugin::Port>& side) {
  return side.size() == 1 || (!port.optional && std::ranges::count(side, false, &plugin::Port::optional) == 1);
}

std::string port_help(const plugin::Port& port) { return port.help + (port.optional ? " (optional)" : ""); }

}  // namespace

const plugin::Port* TaskOptions::only_scan() const {
  const auto is_scan = [](const plugin::Port& port) { return port.kind == Kind::sinogram; };
  const auto found = std::ranges::find_if(task_.inputs, is_scan);
  return std::ranges::count_if(task_.inputs, is_scan) == 1 ? &*found : nullptr;
}

void TaskOptions::add_to(Options& options) {
  options.start_group("Inputs and outputs");
  add_ports(options);
  options.start_group("Parameters of " + task_.id);
  for (const params::FieldInfo& field : task_.parameters.fields) add_parameter(options, field);
  options.add_repeated("-D", "NAME=VALUE", "Set a parameter by its name; may be given several times.",
                       [this](const std::string& text) { define(text); });
}

void TaskOptions::add_ports(Options& options) {
  for (const plugin::Port& port : task_.inputs) {
    const std::string names = (is_the_one(port, task_.inputs) ? "-i,--input,--" : "--") + params::kebab_case(port.name);
    if (port.collection)
      options.add_repeated(names, "FILE", port_help(port) + " (once a data set)",
                           [this, name = port.name](const std::string& file) { collections_[name].push_back(file); });
    else
      options.add(names, "FILE", port_help(port),
                  [this, name = port.name](const std::string& file) { inputs_[name] = file; });
  }
  for (const plugin::Port& port : task_.outputs) {
    const std::string names =
        (is_the_one(port, task_.outputs) ? "-o,--output,--" : "--") + params::kebab_case(port.name);
    options.add(names, "FILE", port_help(port),
                [this, name = port.name](const std::string& file) { outputs_[name] = file; });
  }
  if (const plugin::Port* const scan = only_scan(); scan != nullptr)
    options.add("-g,--geometry", "FILE", "Geometry of " + scan->name + ": JSON, or RTK's XML.",
                [this, name = scan->name](const std::string& file) { hints_[name]["geometry"] = file; });
  options.add_repeated(
      "--hint", "PORT.KEY=VALUE",
      "What an input file does not say; also --PORT.KEY VALUE. Keys: geometry, dataset, quantity, unattenuated, dark, "
      "rotation-axis, axes, spacing-mm, sampling-mask, sampling-axes, trajectory, matrix.",
      [this](const std::string& text) {
        const auto [name, value] = name_and_value("--hint", text);
        const std::size_t dot = name.find('.');
        if (dot == std::string::npos ||
            std::ranges::find(task_.inputs, name.substr(0, dot), &plugin::Port::name) == task_.inputs.end())
          throw Error(Errc::usage, "--hint is '" + text + "', expected PORT.KEY=VALUE with an input port of the task");
        hints_[name.substr(0, dot)][hint_key(name.substr(dot + 1))] = value;
      });
}

void TaskOptions::add_parameter(Options& options, const params::FieldInfo& field) {
  const std::string name = params::kebab_case(field.name);
  if (options.has("--" + name)) return;  // a port has that name; -D sets the parameter
  if (field.kind == params::FieldKind::boolean)
    options.add_switch(name, make_help(field), switches_[field.name]);
  else
    options.add("--" + name, what_is_expected(field), make_help(field),
                [this, &field](const std::string& text) { set(field, text); });
}

void TaskOptions::set(const params::FieldInfo& field, const std::string& text) {
  values_[field.name] = make_json(params::value_from_text(field, text)).dump();
}

void TaskOptions::define(const std::string& text) {
  auto [name, value] = name_and_value("-D", text);
  const std::string key = hint_key(name);
  const params::FieldInfo* const field = task_.parameters.find(key);
  if (field == nullptr) {
    std::vector<std::string> names;
    names.reserve(task_.parameters.fields.size());
    for (const auto& known : task_.parameters.fields) names.push_back(known.name);
    const std::string meant = nearest_name(key, names);
    throw Error(
        Errc::usage, "task '" + task_.id + "' has no parameter '" + name + "'",
        meant.empty() ? "`isocenter describe " + task_.id + "` lists the parameters" : "did you mean " + meant + "?");
  }
  set(*field, value);
}

std::vector<std::string> TaskOptions::take_hints(Arguments arguments) {
  std::vector<std::string> rest;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    const std::string name = word.substr(0, word.find('='));
    const std::size_t dot = name.find('.');
    const plugin::Port* port = nullptr;
    if (name.starts_with("--") && dot != std::string::npos)
      for (const plugin::Port& input : task_.inputs)
        if (name.substr(2, dot - 2) == params::kebab_case(input.name) || name.substr(2, dot - 2) == input.name)
          port = &input;
    if (port == nullptr) {
      rest.push_back(word);
      continue;
    }
    std::string value;
    if (name.size() < word.size())
      value = word.substr(name.size() + 1);
    else if (++i < arguments.size())
      value = arguments[i];
    else
      throw Error(Errc::usage, "option '" + name + "' needs a value");
    hints_[port->name][hint_key(name.substr(dot + 1))] = value;
  }
  return rest;
}

void TaskOptions::merge_into(job::Recipe& recipe) const {
  std::error_code gone;
  const std::string folder = std::filesystem::current_path(gone).string();
  if (gone)
    throw Error(Errc::cannot_read, "the working folder cannot be found: " + gone.message(), "change to another folder");
  job::Recipe own;
  own.inputs = inputs_;
  own.collections = collections_;
  own.outputs = outputs_;
  own.hints = hints_;
  own = resolved(std::move(own), folder);
  for (const auto& [port, place] : own.inputs) recipe.inputs[port] = place;
  for (const auto& [port, places] : own.collections) {
    recipe.inputs.erase(port);
    recipe.collections[port] = places;
  }
  for (const auto& [port, place] : own.outputs) recipe.outputs[port] = place;
  for (const auto& [port, hints] : own.hints)
    for (const auto& [key, value] : hints) recipe.hints[port][key] = value;
  Json parameters = Json::parse(recipe.parameters_json);
  for (const auto& [name, json] : values_) parameters[name] = Json::parse(json);
  for (const auto& [name, value] : switches_)
    if (value) parameters[name] = *value;
  recipe.parameters_json = parameters.dump();
}

}  // namespace iso::cli
