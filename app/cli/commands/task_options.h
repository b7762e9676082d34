#pragma once

#include "environment.h"
#include "options.h"

#include "iso/job/recipe.h"
#include "iso/plugin/manifest.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace iso::cli {

/// The options a task has of its own, made from its manifest: a file a port, a value a parameter. They are laid over a
/// recipe, which may be empty but for its task.
///
///     --sinogram FILE --sinogram.geometry FILE --sinogram.unattenuated 47047 --volume FILE --iterations 200 --no-mask
class TaskOptions {
 public:
  explicit TaskOptions(const plugin::TaskManifest& task) : task_{task} {}
  void add_to(Options& options);
  /// Takes hints out of the arguments ("--PORT.KEY VALUE"), which depend on the format of the file; leaves the rest.
  [[nodiscard]] std::vector<std::string> take_hints(Arguments arguments);
  /// Throws usage for values the task does not take, and when no output would be written.
  void merge_into(job::Recipe& recipe) const;

 private:
  void add_ports(Options& options);
  void add_parameter(Options& options, const params::FieldInfo& field);
  void set(const params::FieldInfo& field, const std::string& text);
  void define(const std::string& text);
  [[nodiscard]] const plugin::Port* only_scan() const;

  const plugin::TaskManifest& task_;
  std::map<std::string, std::string> inputs_, outputs_;
  std::map<std::string, std::vector<std::string>> collections_;
  std::map<std::string, std::map<std::string, std::string>> hints_;
  std::map<std::string, std::string> values_;            ///< parameter -> its JSON
  std::map<std::string, std::optional<bool>> switches_;  ///< boolean parameters
};

}  // namespace iso::cli
