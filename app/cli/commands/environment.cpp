#include "environment.h"

#include "../output/terminal.h"

#include "iso/base/error.h"
#include "iso/base/file_identity.h"
#include "iso/base/file_replacement.h"
#include "iso/base/threads.h"
#include "iso/job/run.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

namespace iso::cli {
namespace {

constexpr std::size_t longest_text = std::size_t{64} << 20;  ///< of a recipe or record

log::Level level_from(const std::string& name) {
  if (const auto level = log::level_from_string(name)) return *level;
  throw Error(Errc::usage, "--verbose is '" + name + "', expected debug, info, warning, error or quiet");
}

/// Where this process logs to; empty if nowhere. One process has one log.
std::string& own_log() {
  static std::string file;
  return file;
}

/// A log that is renamed over goes on in a file without a name.
void refuse_own_log(const std::string& file, const std::string& what) {
  if (!own_log().empty() && same_place(file, own_log()))
    throw Error(Errc::cannot_write, what + " would be written over the log '" + own_log() + "'",
                "choose another name for one of them");
}

void to_stderr(log::Level level, std::string_view, std::string_view text) {
  note("isocenter: " + std::string(log::to_string(level)) + ": " + std::string(text));
}

}  // namespace

void Environment::add_threads(Options& options) {
  options.add("--threads", "N", "Threads to compute with; as many as the machine leaves us if not said.",
              start_.threads, 1);
}

void Environment::add_logging(Options& options) {
  options.add("--verbose", "LEVEL", "Least level of what is logged: debug, info, warning (default), error or quiet.",
              [this](const std::string& name) { start_.level = level_from(name); });
  options.add("--log-file", "FILE", "Log to this file too.", start_.log_file);
}

void Environment::add_plugins(Options& options) {
  options.add_repeated("--plugins-path", "DIR", "Look for plugins there first; may be given several times.",
                       [this](const std::string& folder) {
                         if (std::ranges::find(plugins_path_, std::filesystem::path(folder)) == plugins_path_.end())
                           plugins_path_.emplace_back(folder);
                       });
}

void Environment::scan_for_plugins_path(Arguments arguments) {
  constexpr std::string_view name = "--plugins-path";
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == name && i + 1 < arguments.size())
      plugins_path_.emplace_back(arguments[i + 1]);
    else if (arguments[i].starts_with(std::string(name) + "="))
      plugins_path_.emplace_back(arguments[i].substr(name.size() + 1));
  }
}

void Environment::begin() {
  for (const auto& folder : plugins_path_)
    if (!std::filesystem::is_directory(folder))
      throw Error(Errc::usage, "--plugins-path names '" + folder.string() + "', which is no folder");
  std::cerr.rdbuf(nullptr);  // libraries print there; what they find wrong comes as an error of ours
  log::set_sink(to_stderr);
  start_program(start_);
  own_log() = start_.log_file;
}

std::vector<std::filesystem::path> Environment::plugin_directories() const {
  return host::plugin_directories(plugins_path_);
}

host::PluginCatalogue& Environment::catalogue() {
  if (!catalogue_) {
    const auto folders = plugin_directories();
    catalogue_.emplace(std::span<const std::filesystem::path>{folders});
  }
  return *catalogue_;
}

std::string Environment::whole_name(const std::string& task) {
  if (task.find('/') != std::string::npos) return task;
  const std::vector<std::string> meant = catalogue().tasks_called(task);
  if (meant.size() < 2) return meant.empty() ? task : meant.front();
  std::string names;
  for (const std::string& name : meant) names += (names.empty() ? "" : " or ") + name;
  throw Error(Errc::usage, "several plugins have a task '" + task + "'", "say " + names);
}

const plugin::TaskManifest& Environment::manifest(const std::string& task) {
  if (const auto* const found = catalogue().find_task(task); found != nullptr) return *found;
  (void)catalogue().load(task);  // throws, saying why there is no such task
  throw Error(Errc::plugin_incompatible, "task '" + task + "' cannot be used");
}

const compute::BackendRegistry& Environment::registry(const std::string& wish) {
  if (!registry_) host::add_backends(registry_.emplace(), wish);
  return *registry_;
}

void check_device(const std::string& device) {
  const bool known =
      device == "auto" || device == "cpu" || device == "reference" || device == "cuda" || device.starts_with("cuda:");
  if (!known)
    throw Error(Errc::usage, "--device is '" + device + "', expected auto, cpu, reference or cuda",
                "`isocenter devices` lists what is there");
}

void add_device(Options& options, std::string& device) {
  options.add("--hardware,--device", "NAME", "auto, cpu, reference or cuda (cuda:1 for the second one).",
              [&device](const std::string& name) {
                check_device(name);
                device = name;
              });
}

namespace {
/// What stands for the value of an option in its help.
std::string value_name(const params::FieldInfo& field) {
  switch (field.kind) {
    case params::FieldKind::integer:
    case params::FieldKind::real: return "N";
    case params::FieldKind::numbers: return "N,N,...";
    case params::FieldKind::choice: {
      std::string names;
      for (const auto& choice : field.choices) names += (names.empty() ? "" : "|") + choice;
      return names;
    }
    case params::FieldKind::path: return "FILE";
    default: return "TEXT";
  }
}
}  // namespace

void FileHints::add_to(Options& options) {
  options.add("-g,--geometry", "FILE", "Geometry of a scan: JSON, or RTK's XML.",
              [this](const std::string& file) { read.geometry = file; });
  for (const params::FieldInfo& hint : io::known_hints().fields)
    options.add("--" + params::kebab_case(hint.name), value_name(hint), hint.help,
                [this, name = hint.name](const std::string& text) { read.hints[name] = text; });
  options.add_repeated("--accept-geometry", "FINDING",
                       "Do not refuse this finding of the geometry check: gap, tilt, variable, missing, mismatch.",
                       [this](const std::string& names) { accept_findings(names, read.accepted); });
}

void FileHints::add_to(io::InputFiles& files) const {
  if (!read.geometry.empty()) files.add(read.geometry);
  for (const auto& [name, value] : read.hints)
    if (job::names_file(name, value)) files.add(value);
}

void accept_findings(const std::string& names, std::vector<Finding>& accepted) {
  std::istringstream list(names);
  for (std::string name; std::getline(list, name, ',');) accepted.push_back(finding_from_string(name));
}

std::string hint_key(std::string text) {
  std::ranges::replace(text, '-', '_');
  return text;
}

std::pair<std::string, std::string> name_and_value(const std::string& option, const std::string& text) {
  const std::size_t at = text.find('=');
  if (at == std::string::npos || at == 0) throw Error(Errc::usage, option + " is '" + text + "', expected NAME=VALUE");
  return {text.substr(0, at), text.substr(at + 1)};
}

std::string text_of_file(const std::string& file) {
  std::ifstream stream;
  if (file != "-") {
    std::error_code ignored;
    if (std::filesystem::is_directory(file, ignored))
      throw Error(Errc::cannot_read, "'" + file + "' is a folder, expected a file");
    stream.open(file, std::ios::binary);
    if (!stream) throw Error(Errc::cannot_read, "'" + file + "' cannot be read: " + std::strerror(errno));
  }
  std::istream& from = file == "-" ? std::cin : stream;
  std::string text;
  std::array<char, 65536> part{};
  while (from.read(part.data(), part.size()) || from.gcount() > 0) {
    text.append(part.data(), static_cast<std::size_t>(from.gcount()));
    if (text.size() > longest_text)
      throw Error(Errc::invalid_input, "'" + file + "' is longer than 64 MiB, which no text of ours is");
  }
  return text;
}

void check_output(const std::string& file, Kind kind, bool overwrite, const io::InputFiles& inputs) {
  refuse_own_log(file, "the output");
  inputs.refuse(file, "the output");
  if (const io::Handler* const handler = io::handler_for_writing(file); handler != nullptr)
    for (const auto& companion : handler->companions(file)) {
      refuse_own_log(companion.string(), "the output");
      inputs.refuse(companion, "the output");
    }
  inputs.refuse(job::record_path(file), "the record of the output");  // which goes when its file is replaced
  job::Recipe recipe;
  recipe.outputs["output"] = file;
  job::ExecutionOptions options;
  options.overwrite = overwrite;
  check_places(recipe, options);
  job::make_data_access()->check_write(file, kind);
}

void check_apart(const std::vector<std::string>& outputs) {
  const auto parts = [](const std::string& file) {
    std::vector<std::filesystem::path> all{file, job::record_path(file)};
    for (const auto& handler : io::handlers())  // several formats share an extension, and the kind of data chooses
      for (const std::string& extension : handler->format().extensions)
        if (file.ends_with(extension) && !handler->format().writes.empty())
          for (const auto& companion : handler->companions(file)) all.push_back(companion);
    return all;
  };
  const auto overlap = [&](const std::string& a, const std::string& b) {
    return std::ranges::any_of(parts(a), [&](const auto& mine) {
      return std::ranges::any_of(parts(b), [&](const auto& other) { return same_place(mine, other); });
    });
  };
  for (std::size_t i = 0; i < outputs.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (!outputs[i].empty() && !outputs[j].empty() && outputs[i] != "-" && outputs[j] != "-" &&
          overlap(outputs[i], outputs[j]))
        throw Error(Errc::cannot_write, "'" + outputs[i] + "' would be written over '" + outputs[j] + "'",
                    "choose another name for one of them");
}

void check_text_output(const std::string& file, const std::string& what, bool overwrite, const io::InputFiles& inputs) {
  if (file.empty() || file == "-") return;
  refuse_own_log(file, what);
  inputs.refuse(file, what);
  if (!file.ends_with(".json") && !overwrite)
    throw Error(Errc::cannot_write, what + " would be written to '" + file + "', which is not named like JSON",
                "choose a name that ends in .json, or insist with --overwrite");
  check_replaceable(file, overwrite ? ExistingFile::replace : ExistingFile::refuse);
}

void write_text(const std::string& file, const std::string& text, bool overwrite) {
  if (file == "-") return print(text);
  replace_file(file, text, overwrite ? ExistingFile::replace : ExistingFile::refuse);
}

}  // namespace iso::cli
