#pragma once

#include "command.h"
#include "options.h"

#include "host/plugins/catalogue.h"
#include "host/startup/startup.h"

#include "iso/compute/backend.h"
#include "iso/io/input_files.h"
#include "iso/io/registry.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace iso::cli {

/// What every sub-command can be told, and what it then works with. Plugins and devices are looked for when they are
/// first asked for, so that a command that needs neither starts at once.
class Environment {
 public:
  void add_threads(Options& options);
  void add_logging(Options& options);
  void add_plugins(Options& options);
  /// --plugins-path out of arguments that cannot be parsed before the plugins are known.
  void scan_for_plugins_path(Arguments arguments);
  void begin();  ///< logging and threads, after parsing

  [[nodiscard]] host::PluginCatalogue& catalogue();
  /// "sparse_view_ct/fbp" for "fbp", where one plugin alone has a task of that name; else the word itself. Recipes and
  /// records always hold whole names. Throws usage where several have it.
  [[nodiscard]] std::string whole_name(const std::string& task);
  /// Throws usage for an unknown task, plugin_incompatible for one that cannot be used.
  [[nodiscard]] const plugin::TaskManifest& manifest(const std::string& task);
  /// The backends that `wish` may mean; the module of a device that cannot be meant is not loaded.
  [[nodiscard]] const compute::BackendRegistry& registry(const std::string& wish);
  [[nodiscard]] std::vector<std::filesystem::path> plugin_directories() const;
  [[nodiscard]] int threads() const noexcept { return start_.threads; }
  [[nodiscard]] std::string log_file() const { return start_.log_file; }  ///< empty if none was asked for

 private:
  host::StartupOptions start_;
  std::vector<std::filesystem::path> plugins_path_;
  std::optional<host::PluginCatalogue> catalogue_;
  std::optional<compute::BackendRegistry> registry_;
};

/// "auto", "cpu", "reference", "cuda" or "cuda:1"; throws usage for anything else.
void add_device(Options& options, std::string& device);
void check_device(const std::string& device);

/// What a file does not say of itself, for the commands that read one.
struct FileHints {
  io::ReadOptions read;
  void add_to(Options& options);
  void add_to(io::InputFiles& files) const;  ///< those that the hints name
};
/// Findings by name, separated by commas; throws usage.
void accept_findings(const std::string& names, std::vector<Finding>& accepted);
[[nodiscard]] std::string hint_key(std::string text);  ///< "rotation-axis" -> "rotation_axis"
/// "name=value"; throws usage naming the option.
[[nodiscard]] std::pair<std::string, std::string> name_and_value(const std::string& option, const std::string& text);
/// The whole of a text file, or of stdin for "-". Throws cannot_read.
[[nodiscard]] std::string text_of_file(const std::string& file);
/// A text to a file, whole or not at all, or to stdout for "-".
void write_text(const std::string& file, const std::string& text, bool overwrite);

/// Refuses an output that could not be written, before the work is done: it exists, its folder is missing, its format
/// cannot hold the kind, it is one of the inputs. Throws cannot_write or output_directory.
void check_output(const std::string& file, Kind kind, bool overwrite, const io::InputFiles& inputs);
/// Refuses outputs of one command that would be written over each other, or over what goes with the other (record, companions,
/// the log of this program). Empty names and - are left out. Throws cannot_write.
void check_apart(const std::vector<std::string>& outputs);
/// The same for a text of ours (a report, a recipe): its name ends in .json, unless `overwrite`; - is stdout.
void check_text_output(const std::string& file, const std::string& what, bool overwrite, const io::InputFiles& inputs);

}  // namespace iso::cli
