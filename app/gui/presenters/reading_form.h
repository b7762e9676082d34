#pragma once

#include "file_reading.h"
#include "task_form.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace iso::gui {

/// "How is this to be read?": what a user can say about a file, from the schema of hints of its format. Meaning (image, series,
/// labels, scan, ...), array, axes in order, and every other hint that belongs to the meaning. Without a toolkit.
class ReadingForm {
 public:
  /// `known` are hints that were given before, or found.
  ReadingForm(std::filesystem::path file, FileFacts facts, const Hints& known);

  /// Meaning, array and hints as fields; the axes are `roles`.
  [[nodiscard]] TaskForm& form() noexcept { return *form_; }
  [[nodiscard]] const TaskForm& form() const noexcept { return *form_; }

  /// An axis of the chosen array: its length, and what it is. A role is the name of an axis of the kind ("x"), or the number of
  /// the element to take; empty where the reader decides.
  struct Axis {
    std::int64_t extent{0};
    std::string role;
  };
  [[nodiscard]] const std::vector<Axis>& axes() const noexcept { return axes_; }
  [[nodiscard]] std::vector<std::string> roles()
      const;  ///< to choose among, of the present meaning; none: nothing to choose
  void set_role(std::size_t axis, const std::string& role);  ///< an axis that had this name gets the one that is free

  [[nodiscard]] Hints hints() const;
  [[nodiscard]] bool valid() const noexcept { return form_->valid(); }
  [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }

  Signal<> changed;

 private:
  void follow();
  void guess_roles();
  void take_axes(const std::string& text);
  [[nodiscard]] std::string find_text(std::string_view field) const;
  std::filesystem::path file_;
  FileFacts facts_;
  Document none_;  ///< a form of a task has a document to choose inputs from
  std::unique_ptr<TaskForm> form_;
  std::map<std::string, std::string> untouched_;
  Hints carried_;  ///< said before, and no question of this form: a geometry that was accepted
  std::vector<Axis> axes_;
  std::string meaning_, array_;
  Signal<>::Connection connection_;
};

/// The kind that a meaning is read as; nothing for "automatic".
[[nodiscard]] std::optional<Kind> kind_of_meaning(std::string_view meaning);

}  // namespace iso::gui
