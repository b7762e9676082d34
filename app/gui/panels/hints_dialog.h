#pragma once

#include "gui/presenters/task_form.h"

#include <QDialog>

#include <filesystem>
#include <map>
#include <memory>
#include <string>

namespace iso::gui {

/// Asks, before a file is read, for what it leaves unsaid: the hints that its format declares, and the geometry of a scan.
class HintsDialog : public QDialog {
  Q_OBJECT
 public:
  /// Throws as `io::hints_for`: for a file that is not there or in no format.
  HintsDialog(const Document& document, const std::filesystem::path& file, QWidget* parent);
  [[nodiscard]] TaskForm& form() noexcept { return *form_; }
  /// What was filled in, by name; what was left as it was is not told to the reader.
  [[nodiscard]] std::map<std::string, std::string> hints() const;

 private:
  std::unique_ptr<TaskForm> form_;
  std::map<std::string, std::string> untouched_;
  Signal<>::Connection changed_;
};

}  // namespace iso::gui
