#include "command.h"
#include "setting.h"

#include "../output/terminal.h"
#include "../sem/description.h"

#include "host/help/method_page.h"

#include "iso/base/error.h"

#include <nlohmann/json.hpp>

namespace iso::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string ports_text(std::span<const plugin::Port> ports, const std::string& heading) {
  if (ports.empty()) return {};
  TextTable table{{heading, "KIND", "", "HELP"}};
  for (const plugin::Port& port : ports)
    table.add({"--" + params::kebab_case(port.name), std::string(to_string(port.kind)), port.optional ? "optional" : "",
               port.help});
  return table.text() + "\n";
}

std::string text_of(const plugin::TaskManifest& task) {
  std::string text = task.id + ": " + task.about.title + "\n\n" + task.about.summary + "\n\n";
  text += ports_text(task.inputs, "INPUT") + ports_text(task.outputs, "OUTPUT");
  TextTable table{{"PARAMETER", "TYPE", "DEFAULT", "UNIT", "RANGE", "HELP"}};
  for (const params::FieldInfo& field : task.parameters.fields)
    table.add({"--" + params::kebab_case(field.name), std::string(to_string(field.kind)),
               params::text_of(field.default_value), field.unit, host::range_in_words(field),
               field.help + host::condition_in_words(field)});
  if (!task.parameters.fields.empty()) text += table.text() + "\n";
  for (const std::string& reference : task.about.references) text += "  " + reference + "\n";
  return text;
}

/// As the manifest has it; its "id" is "task" here, as in recipes.
Json json_of(const plugin::TaskManifest& task) {
  Json json{{"task", task.id}};
  json.update(Json::parse(to_json(task)));
  json.erase("id");
  return json;
}

/// The description Slicer and MITK read; it names the plugin too.
std::string xml_of(const plugin::TaskManifest& task, Setting& setting) {
  for (const host::PluginEntry& entry : setting.catalogue().plugins())
    for (const plugin::TaskManifest& each : entry.manifest.tasks)
      if (each.id == task.id && entry.state != host::PluginState::failed)
        return slicer_description(task, entry.manifest);
  throw Error(Errc::plugin_incompatible, "the plugin of task '" + task.id + "' cannot be used");
}

}  // namespace

int describe(Arguments arguments) {
  Setting setting;
  std::string name;
  bool xml = false, markdown = false, json = false;
  Options options{"describe TASK [options]", "Describe a task: its ports, parameters and references."};
  options.add_argument("TASK", "The task, such as sparse_view_ct/tv, or tv where one plugin alone has it.", name);
  options.add_flag("--xml", "As Slicer Execution Model XML.", xml);
  options.add_flag("--markdown", "As a page of the manual.", markdown);
  options.add_flag("--json", "As one JSON object.", json);
  setting.add_plugins(options);
  setting.add_logging(options);
  options.add_examples({"isocenter describe sparse_view_ct/tv", "isocenter describe sparse_view_ct/tv --xml > tv.xml",
                        "isocenter describe sparse_view_ct/tv --markdown"});
  if (!options.parse(arguments)) return 0;
  if (static_cast<int>(xml) + static_cast<int>(markdown) + static_cast<int>(json) > 1)
    throw Error(Errc::usage, "more than one of --xml, --markdown and --json is given", "choose one");
  setting.begin();
  const plugin::TaskManifest& task = setting.manifest(setting.whole_name(name));
  if (xml)
    print(xml_of(task, setting));
  else if (markdown)
    print(host::method_page(task));
  else if (json)
    print(json_of(task).dump(2) + "\n");
  else
    print(text_of(task));
  return 0;
}

}  // namespace iso::cli
