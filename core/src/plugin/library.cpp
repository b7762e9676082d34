#include "iso/plugin/library.h"

#include <cxxabi.h>
#include <dlfcn.h>

#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>

namespace iso::plugin {
namespace {

std::string demangled(const std::string& symbol) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> name{abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status),
                                                    std::free};
  return status == 0 && name ? std::string{name.get()} : symbol;
}

/// What stands between `before` and `after` in `text`; to its end if there is no `after`.
std::string between(const std::string& text, std::string_view before, std::string_view after) {
  const auto begin = text.find(before) + before.size();
  return text.substr(begin, text.find(after, begin) - begin);
}

/// What the dynamic linker of glibc says, as a clause about the plugin.
std::string make_clause(const std::string& text, const std::filesystem::path& library) {
  const auto holds = [&](std::string_view part) { return text.find(part) != std::string::npos; };
  if (holds(": cannot open shared object file")) {
    const std::string missing = text.substr(0, text.find(": cannot open"));
    if (missing != library.string()) return "needs the library '" + missing + "', which is not on this machine";
    return "cannot be opened: " + between(text, "shared object file: ", "\n");
  }
  if (holds("undefined symbol: ")) {
    const std::string symbol = between(text, "undefined symbol: ", ",");
    return "needs '" + demangled(symbol.substr(0, symbol.find(' '))) +
           "', which neither this program nor its libraries have";
  }
  if (holds("version `"))
    return "needs version " + between(text, "version `", "'") + " of a library, which this machine does not have";
  if (holds("file too short") || holds("invalid ELF header") || holds("wrong ELF class"))
    return "is damaged, or no library of this platform";
  return "cannot be loaded: " + text;
}

[[noreturn]] void refuse(const std::filesystem::path& library, const std::string& clause, const std::string& hint) {
  throw Error{Errc::plugin_incompatible, "the plugin library '" + library.filename().string() + "' " + clause, hint};
}

/// Whether the build tag of this program stands in a library, found without loading it: a library of another boundary may
/// lack functions that are gone since, and the initialisation of a library that is no plugin of ours must not run. Otherwise
/// a clause that names the tag that stands there, if one does.
std::string tag_problem(const std::filesystem::path& library) {
  constexpr std::string_view mark = "-cxx11abi";
  const auto belongs = [](char c) { return c == '-' || c == '.' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); };
  std::ifstream stream{library, std::ios::binary};
  std::ostringstream bytes;
  if (!stream || !(bytes << stream.rdbuf())) return "cannot be read";
  const std::string text = std::move(bytes).str();
  std::string first;
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
    std::size_t begin = at, end = at;
    while (begin > 0 && belongs(text[begin - 1])) --begin;
    while (end < text.size() && belongs(text[end])) ++end;
    const std::string tag = text.substr(begin, end - begin);
    if (tag == build_tag()) return {};
    if (first.empty() && (tag.starts_with("gcc") || tag.starts_with("clang"))) first = tag;
  }
  if (first.empty()) return "is damaged or no plugin: the fingerprint of a plugin interface does not stand in it";
  return "was built for a plugin interface with the fingerprint " + first + ", this program has " + build_tag();
}

const PluginDescriptor* call_entry(void* symbol, const std::filesystem::path& library) {
  try {
    return reinterpret_cast<PluginEntry>(symbol)();
  } catch (...) {
    refuse(library, std::string{"failed in its entry: "} + current_error().what(), "ask its author");
  }
}

void check(const PluginDescriptor* descriptor, const std::filesystem::path& library) {
  if (descriptor == nullptr) refuse(library, "gives no descriptor", "ask its author");
  // The first four members are as old as the interface; nothing else is read before they fit.
  if (descriptor->struct_bytes < offsetof(PluginDescriptor, id) || descriptor->build_tag == nullptr)
    refuse(library, "has a descriptor that is too short", "ask its author");
  if (const std::string reason = incompatibility(descriptor->abi_major, descriptor->abi_minor, descriptor->build_tag);
      !reason.empty())
    refuse(library, "was " + reason, "rebuild it with the SDK of this program");
  if (descriptor->struct_bytes < offsetof(PluginDescriptor, destroy_task) + sizeof descriptor->destroy_task ||
      descriptor->id == nullptr || descriptor->version == nullptr || descriptor->title == nullptr ||
      descriptor->licence == nullptr || descriptor->task_ids == nullptr || descriptor->create_task == nullptr ||
      descriptor->destroy_task == nullptr)
    refuse(library, "has an incomplete descriptor", "ask its author");
}

void add_names(const TaskManifest& task, std::vector<std::string>& names) {
  for (const Port& port : task.inputs) names.push_back(port.name);
  for (const Port& port : task.outputs) names.push_back(port.name);
  for (const params::FieldInfo& field : task.parameters.fields) names.push_back(field.name);
}

bool is_name(std::string_view text) {
  if (text.empty() || text.front() < 'a' || text.front() > 'z') return false;
  return text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

void check_task(const TaskManifest& task, std::vector<std::string>& problems) {
  const std::string who = "task '" + task.id + "' ";
  if (task.about.title.empty() || task.about.title.size() > 60)
    problems.push_back(who + "needs a title of 1 to 60 characters");
  if (task.about.summary.empty()) problems.push_back(who + "needs a summary");
  if (task.about.category.empty()) problems.push_back(who + "needs a category");
  if (task.outputs.empty()) problems.push_back(who + "has no output");
  std::vector<std::string> names;
  add_names(task, names);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!is_name(names[i])) problems.push_back(who + "calls something '" + names[i] + "', expected snake_case");
    for (std::size_t j = 0; j < i; ++j)
      if (names[i] == names[j]) problems.push_back(who + "uses the name '" + names[i] + "' twice");
  }
  for (const params::ParameterProblem& problem :
       params::validate(task.parameters, params::defaults_json(task.parameters)))
    problems.push_back(who + "has a default that it refuses: " + problem.message);
  for (const params::FieldInfo& field : task.parameters.fields)
    if (field.visible_when && task.parameters.find(field.visible_when->field) == nullptr)
      problems.push_back(who + "shows '" + field.name + "' by the parameter '" + field.visible_when->field +
                         "', which it does not have");
}

}  // namespace

const PluginDescriptor& open_plugin(const std::filesystem::path& library) {
  const std::filesystem::path file = std::filesystem::absolute(library);
  if (!std::filesystem::exists(file)) refuse(file, "is missing beside its manifest", "install the plugin again");
  if (const std::string problem = tag_problem(file); !problem.empty())
    refuse(file, problem, "rebuild it with the SDK of this program");
  void* const handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* const text = ::dlerror();
    refuse(file, make_clause(text == nullptr ? "no reason is given" : text, file),
           "install what is missing, or install the plugin again");
  }
  void* const symbol = ::dlsym(handle, entry_symbol);
  if (symbol == nullptr)
    refuse(file, std::string{"does not have the entry '"} + entry_symbol + "' of a plugin",
           "ask its author; an adapter ends with ISO_PLUGIN");
  const PluginDescriptor* const descriptor = call_entry(symbol, file);
  check(descriptor, file);
  return *descriptor;
}

std::vector<std::string> find_problems(const Manifest& manifest) {
  std::vector<std::string> problems;
  if (!is_name(manifest.id)) problems.push_back("the plugin's id is '" + manifest.id + "', expected snake_case");
  if (manifest.title.empty()) problems.emplace_back("the plugin needs a title");
  if (manifest.version.find_first_not_of("0123456789.") == 0 || manifest.version.empty())
    problems.push_back("the plugin's version is '" + manifest.version + "', expected a semantic version");
  if (manifest.tasks.empty()) problems.emplace_back("the plugin has no task");
  for (std::size_t i = 0; i < manifest.tasks.size(); ++i) {
    const TaskManifest& task = manifest.tasks[i];
    const std::string start = manifest.id + "/";
    if (!task.id.starts_with(start) || !is_name(std::string_view{task.id}.substr(start.size())))
      problems.push_back("task '" + task.id + "' should be called '" + start + "NAME' with a name in snake_case");
    for (std::size_t j = 0; j < i; ++j)
      if (manifest.tasks[j].id == task.id) problems.push_back("two tasks are called '" + task.id + "'");
    check_task(task, problems);
  }
  return problems;
}

}  // namespace iso::plugin
