#include "command.h"
#include "environment.h"

#include "../output/terminal.h"

#include "host/plugins/consent.h"

#include <nlohmann/json.hpp>

namespace iso::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr auto usage = "list [options]";
constexpr auto summary = "List the tasks of all plugins, and the plugins that cannot be used with the reason.";

struct ListArguments {
  Environment environment;
  bool all{false}, json{false};
  std::vector<std::string> agreed;
};

void declare(Options& options, ListArguments& request) {
  options.add_flag("--all", "List every plugin, with version and state.", request.all);
  options.add_flag("--json", "One JSON object a plugin and line.", request.json);
  options.add_repeated("--agree", "PLUGIN",
                       "Let this plugin do what it says it needs beyond computing (sockets, other programs).",
                       [&request](const std::string& id) { request.agreed.push_back(id); });
  request.environment.add_plugins(options);
  request.environment.add_logging(options);
  options.add_examples({"isocenter list", "isocenter list --all", "isocenter list --all --json"});
}

/// A plugin whose manifest cannot be read is known by its file.
std::string to_name(const host::PluginEntry& entry) {
  return entry.manifest.id.empty() ? entry.manifest_file.string() : entry.manifest.id;
}

Json make_json(const host::PluginEntry& entry) {
  Json tasks = Json::array();
  for (const plugin::TaskManifest& task : entry.manifest.tasks)
    tasks.push_back({{"id", task.id},
                     {"title", task.about.title},
                     {"summary", task.about.summary},
                     {"category", task.about.category}});
  return {{"plugin", to_name(entry)}, {"version", entry.manifest.version},        {"state", to_string(entry.state)},
          {"reason", entry.reason},   {"manifest", entry.manifest_file.string()}, {"needs", entry.manifest.needs},
          {"tasks", std::move(tasks)}};
}

std::string needs_in_words(const host::PluginEntry& entry) {
  std::string text;
  for (const std::string& need : entry.manifest.needs) text += (text.empty() ? "" : ", ") + need;
  if (!text.empty() && !host::has_agreed(entry.manifest_file, entry.manifest)) text += " (not agreed)";
  return text;
}

void print_tables(std::span<const host::PluginEntry> plugins, bool all) {
  TextTable tasks{{"TASK", "CATEGORY", "WHAT IT IS"}};
  TextTable states{{"PLUGIN", "VERSION", "STATE", "NEEDS", "REASON"}}, failed{{"PLUGIN", "CANNOT BE USED BECAUSE"}};
  std::size_t count = 0;
  bool any_failed = false;
  for (const host::PluginEntry& entry : plugins) {
    states.add({to_name(entry), entry.manifest.version, std::string(to_string(entry.state)), needs_in_words(entry),
                entry.reason});
    if (entry.state == host::PluginState::failed) {
      failed.add({to_name(entry), entry.reason});
      any_failed = true;
      continue;
    }
    for (const plugin::TaskManifest& task : entry.manifest.tasks)
      tasks.add({task.id, task.about.category, task.about.title});
    count += entry.manifest.tasks.size();
  }
  if (count > 0)
    print(tasks.text());
  else
    print(
        "no tasks: no plugin that can be used was found; --plugins-path DIR or ISOCENTER_PLUGIN_PATH says where to "
        "look\n");
  if (all)
    print("\n" + states.text());
  else if (any_failed)
    print("\n" + failed.text());
}

}  // namespace

int list(Arguments arguments) {
  ListArguments request;
  Options options{usage, summary};
  declare(options, request);
  if (!options.parse(arguments)) return 0;
  request.environment.begin();
  for (const std::string& id : request.agreed) request.environment.catalogue().agree(id);
  request.environment.catalogue().try_libraries();
  const auto plugins = request.environment.catalogue().plugins();
  if (!request.json) {
    print_tables(plugins, request.all);
    return 0;
  }
  for (const host::PluginEntry& entry : plugins)
    if (request.all || entry.state != host::PluginState::failed)
      print(make_json(entry).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
  return 0;
}

}  // namespace iso::cli
