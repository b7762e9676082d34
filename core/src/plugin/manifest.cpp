#include "iso/plugin/manifest.h"

#include "../params/json_impl.h"
#include "iso/base/text_file.h"

#include <algorithm>
#include <array>
#include <memory>

namespace iso::plugin {
namespace {

using params::Json;
using params::optional_member;
using params::required;

constexpr int known_version = 1;
constexpr std::array<std::string_view, 2> all_needs{"network", "processes"};

Json ports_array(std::span<const Port> ports) {
  Json list = Json::array();
  for (const Port& port : ports) {
    Json object{{"name", port.name},
                {"kind", std::string{to_string(port.kind)}},
                {"optional", port.optional},
                {"help", port.help}};
    if (!port.residual.empty()) object["residual"] = port.residual;
    if (port.collection) object["collection"] = true;
    list.push_back(std::move(object));
  }
  return list;
}

Json task_object(const TaskManifest& task) {
  Json object{{"id", task.id},
              {"title", task.about.title},
              {"summary", task.about.summary},
              {"description", task.about.description},
              {"category", task.about.category},
              {"references", task.about.references},
              {"interactive", task.interactive},
              {"inputs", ports_array(task.inputs)},
              {"outputs", ports_array(task.outputs)}};
  object["parameters"] = params::schema_object(task.parameters)["parameters"];
  return object;
}

Kind kind_of_port(const Json& port, const std::string& where) {
  const auto name = required<std::string>(port, "kind", where);
  try {
    return kind_from_string(name);
  } catch (const Error&) {
    throw Error{Errc::invalid_input, "member 'kind' of " + where + " is '" + name + "', which is no kind of data"};
  }
}

std::vector<Port> ports_from(const Json& task, const char* member, const std::string& where) {
  std::vector<Port> ports;
  for (const Json& object : required<std::vector<Json>>(task, member, where)) {
    Port port;
    port.name = required<std::string>(object, "name", "a port of " + where);
    const std::string inside = "port '" + port.name + "' of " + where;
    port.kind = kind_of_port(object, inside);
    port.optional = optional_member<bool>(object, "optional", inside);
    port.help = optional_member<std::string>(object, "help", inside);
    port.residual = optional_member<std::string>(object, "residual", inside);
    port.collection = optional_member<bool>(object, "collection", inside);
    ports.push_back(std::move(port));
  }
  return ports;
}

TaskManifest task_from(const Json& object) {
  TaskManifest task;
  task.id = required<std::string>(object, "id", "a task of the manifest");
  const std::string where = "task '" + task.id + "'";
  task.about.title = required<std::string>(object, "title", where);
  task.about.summary = optional_member<std::string>(object, "summary", where);
  task.about.description = optional_member<std::string>(object, "description", where);
  task.about.category = optional_member<std::string>(object, "category", where);
  task.about.references = optional_member<std::vector<std::string>>(object, "references", where);
  task.interactive = optional_member<bool>(object, "interactive", where);
  task.inputs = ports_from(object, "inputs", where);
  task.outputs = ports_from(object, "outputs", where);
  try {
    task.parameters = params::schema_from_object(object);
  } catch (const Error& error) {
    throw Error{Errc::invalid_input, where + ": " + error.what(), error.hint()};
  }
  return task;
}

void check_version(const Json& object) {
  const int version = required<int>(object, "schema_version", "the manifest");
  if (version < 1 || version > known_version)
    throw Error{Errc::invalid_input,
                "the manifest has schema_version " + std::to_string(version) + ", this program reads up to " +
                    std::to_string(known_version),
                "update this program, or take a release of the plugin made for it"};
}

}  // namespace

std::span<const std::string_view> known_needs() noexcept { return all_needs; }

TaskManifest make_manifest(std::string_view task_id, const Task& task) {
  TaskManifest manifest;
  manifest.id = task_id;
  manifest.about = task.about();
  manifest.inputs.assign(task.inputs().begin(), task.inputs().end());
  manifest.outputs.assign(task.outputs().begin(), task.outputs().end());
  manifest.parameters = params::schema_from_json(task.schema_json());
  manifest.interactive = task.interactive();
  return manifest;
}

Manifest make_manifest(const PluginDescriptor& descriptor, std::string library) {
  Manifest manifest;
  manifest.id = descriptor.id;
  manifest.title = descriptor.title;
  manifest.version = descriptor.version;
  manifest.licence = descriptor.licence;
  manifest.build_tag = descriptor.build_tag;
  manifest.abi_major = descriptor.abi_major;
  manifest.abi_minor = descriptor.abi_minor;
  manifest.library = std::move(library);
  for (const char* const* id = descriptor.task_ids; *id != nullptr; ++id) {
    const std::unique_ptr<Task, void (*)(Task*)> task{descriptor.create_task(*id), descriptor.destroy_task};
    if (!task)
      throw Error{Errc::plugin_incompatible, "plugin '" + manifest.id + "' does not make its task '" + *id + "'"};
    manifest.tasks.push_back(make_manifest(*id, *task));
  }
  return manifest;
}

std::string to_json(const TaskManifest& task) { return task_object(task).dump(); }

std::string to_json(const Manifest& manifest) {
  Json tasks = Json::array();
  for (const TaskManifest& task : manifest.tasks) tasks.push_back(task_object(task));
  Json object{{"schema_version", manifest.schema_version},
              {"id", manifest.id},
              {"title", manifest.title},
              {"version", manifest.version},
              {"licence", manifest.licence},
              {"abi_major", manifest.abi_major},
              {"abi_minor", manifest.abi_minor},
              {"build_tag", manifest.build_tag},
              {"library", manifest.library},
              {"tasks", std::move(tasks)}};
  if (!manifest.needs.empty()) object["needs"] = manifest.needs;
  return object.dump(2) + "\n";
}

Manifest manifest_from_json(std::string_view text) {
  const Json object = params::parse_object(text, "the manifest");
  check_version(object);
  Manifest manifest;
  manifest.id = required<std::string>(object, "id", "the manifest");
  manifest.title = required<std::string>(object, "title", "the manifest");
  manifest.version = required<std::string>(object, "version", "the manifest");
  manifest.licence = optional_member<std::string>(object, "licence", "the manifest");
  manifest.abi_major = required<std::uint32_t>(object, "abi_major", "the manifest");
  manifest.abi_minor = required<std::uint32_t>(object, "abi_minor", "the manifest");
  manifest.build_tag = required<std::string>(object, "build_tag", "the manifest");
  manifest.library = required<std::string>(object, "library", "the manifest");
  if (manifest.library.empty() || std::filesystem::path{manifest.library}.has_parent_path())
    throw Error{Errc::invalid_input, "member 'library' of the manifest is '" + manifest.library +
                                         "', expected the name of a file beside it"};
  manifest.needs = optional_member<std::vector<std::string>>(object, "needs", "the manifest");
  for (const std::string& need : manifest.needs)
    if (std::ranges::find(all_needs, need) == all_needs.end())
      throw Error{Errc::invalid_input, "member 'needs' of the manifest asks for '" + need +
                                           "', a plugin can ask for network and processes only"};
  for (const Json& task : required<std::vector<Json>>(object, "tasks", "the manifest")) {
    manifest.tasks.push_back(task_from(task));
    if (const std::string& id = manifest.tasks.back().id; !id.starts_with(manifest.id + "/"))
      throw Error{Errc::invalid_input,
                  "task '" + id + "' does not start with the id of its plugin, '" + manifest.id + "/'"};
  }
  return manifest;
}

Manifest read_manifest(const std::filesystem::path& file) {
  const std::string text = read_text_file(file);
  if (text.empty()) throw Error{Errc::cannot_read, "the manifest '" + file.string() + "' is empty"};
  return manifest_from_json(text);
}

std::string incompatibility(std::uint32_t major, std::uint32_t minor, std::string_view tag) {
  const auto version = [](std::uint32_t a, std::uint32_t b) { return std::to_string(a) + "." + std::to_string(b); };
  const std::string theirs = version(major, minor), ours = version(abi_major, abi_minor);
  if (major == abi_major && minor <= abi_minor && tag == build_tag()) return {};
  const std::string newer = major == abi_major && minor > abi_minor ? "newer " : "";
  return "built for the " + newer + "plugin interface " + theirs + " with the fingerprint " + std::string{tag} +
         ", this program has the interface " + ours + " with " + build_tag();
}

}  // namespace iso::plugin
