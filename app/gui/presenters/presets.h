#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace iso::gui {

/// A named set of parameters of one task. Its file is a recipe that `isocenter run FILE --input ...` can run; recipes that are
/// installed with the program are presets too.
struct Preset {
  std::string name, comment;
  std::string parameters_json;  ///< those it sets; the others have their defaults
  std::filesystem::path file;
  bool own{false};  ///< saved by the user, who may change it
};

/// The presets of all tasks: those that ship (`*.json` of a folder) and the user's own (a folder a task). Read when asked for.
class Presets {
 public:
  Presets(std::filesystem::path shipped, std::filesystem::path own);  ///< either may be empty or missing

  /// Shipped ones first, each part by name. A file that is no recipe is left out and named in `problems`.
  [[nodiscard]] std::vector<Preset> of(std::string_view task_id);
  [[nodiscard]] const std::vector<std::string>& problems() const noexcept { return problems_; }

  /// Throws usage for an empty or endless name, cannot_write if one of that name exists and is not to be replaced, or where
  /// the folder cannot be written.
  Preset save(std::string_view task_id, const std::string& name, const std::string& parameters_json, bool replace);
  [[nodiscard]] bool exists(std::string_view task_id, const std::string& name) const;
  void remove(const Preset& preset);  ///< one of the user's own; throws usage for others

 private:
  void read(const std::filesystem::path& folder, std::string_view task_id, bool own, std::vector<Preset>& into);
  [[nodiscard]] std::filesystem::path to_file(std::string_view task_id, const std::string& name) const;
  std::filesystem::path shipped_, own_;
  std::vector<std::string> problems_;
};

}  // namespace iso::gui
