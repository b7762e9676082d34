#include "command.h"
#include "environment.h"

#include "../output/terminal.h"
#include "../sem/description.h"

#include "host/help/method_page.h"

#include "iso/base/error.h"

#include <nlohmann/json.hpp>

namespace iso::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr auto usage = "describe TASK [options]";
constexpr auto summary = "Describe a task: its ports, parameters and references.";

struct DescribeArguments {
  Environment environment;
  std::string name;
  bool xml{false}, markdown{false}, json{false};
};

void declare(Options& options, DescribeArguments& request) {
  options.add_argument("TASK", "The task, such as sparse_view_ct/tv, or tv where one plugin alone has it.",
                       request.name);
  options.add_flag("--xml", "As Slicer Execution Model XML.", request.xml);
  options.add_flag("--markdown", "As a page of the manual.", request.markdown);
  options.add_flag("--json", "As one JSON object.", request.json);
  request.environment.add_plugins(options);
  request.environment.add_logging(options);
  options.add_examples({"isocenter describe sparse_view_ct/tv", "isocenter describe sparse_view_ct/tv --xml > tv.xml",
                        "isocenter describe sparse_view_ct/tv --markdown"});
}

std::string ports_text(std::span<const plugin::Port> ports, const std::string& heading) {
  if (ports.empty()) return {};
  TextTable table{{heading, "KIND", "", "HELP"}};
  for (const plugin::Port& port : ports)
    table.add({"--" + params::kebab_case(port.name), std::string(to_string(port.kind)), port.optional ? "optional" : "",
               port.help});
  return table.text() + "\n";
}

std::string to_text(const plugin::TaskManifest& task) {
  std::string text = task.id + ": " + task.about.title + "\n\n" + task.about.summary + "\n\n";
  text += ports_text(task.inputs, "INPUT") + ports_text(task.outputs, "OUTPUT");
  TextTable table{{"PARAMETER", "TYPE", "DEFAULT", "UNIT", "RANGE", "HELP"}};
  for (const params::FieldInfo& field : task.parameters.fields)
    table.add({"--" + params::kebab_case(field.name), std::string(to_string(field.kind)),
               params::to_text(field.default_value), field.unit, host::range_in_words(field),
               field.help + host::condition_in_words(field)});
  if (!task.parameters.fields.empty()) text += table.text() + "\n";
  for (const std::string& reference : task.about.references) text += "  " + reference + "\n";
  return text;
}

/// As the manifest has it; its "id" is "task" here, as in recipes.
Json make_json(const plugin::TaskManifest& task) {
  Json json{{"task", task.id}};
  json.update(Json::parse(to_json(task)));
  json.erase("id");
  return json;
}

/// The description Slicer and MITK read; it names the plugin too.
std::string make_xml(const plugin::TaskManifest& task, Environment& environment) {
  for (const host::PluginEntry& entry : environment.catalogue().plugins())
    for (const plugin::TaskManifest& each : entry.manifest.tasks)
      if (each.id == task.id && entry.state != host::PluginState::failed)
        return slicer_description(task, entry.manifest);
  throw Error(Errc::plugin_incompatible, "the plugin of task '" + task.id + "' cannot be used");
}

}  // namespace

int describe(Arguments arguments) {
  DescribeArguments request;
  Options options{usage, summary};
  declare(options, request);
  if (!options.parse(arguments)) return 0;
  if (static_cast<int>(request.xml) + static_cast<int>(request.markdown) + static_cast<int>(request.json) > 1)
    throw Error(Errc::usage, "more than one of --xml, --markdown and --json is given", "choose one");
  request.environment.begin();
  const plugin::TaskManifest& task = request.environment.manifest(request.environment.whole_name(request.name));
  if (request.xml)
    print(make_xml(task, request.environment));
  else if (request.markdown)
    print(host::method_page(task));
  else if (request.json)
    print(make_json(task).dump(2) + "\n");
  else
    print(to_text(task));
  return 0;
}

}  // namespace iso::cli
