#pragma once

#include "gui/presenters/task_form.h"

#include <QWidget>

class QLabel;

namespace iso::gui {

/// The editor of one parameter, chosen by its kind: check box, spin box, combo box, line or file picker, with its unit, its
/// help as tool tip, a reset button, and below it what is wrong, or what a 0 that stands for something else means.
class FieldEditor : public QWidget {
  Q_OBJECT
 public:
  FieldEditor(TaskForm& form, std::size_t field, QWidget* parent = nullptr);
  void refresh();  ///< text, problem and visibility from the form

 private:
  [[nodiscard]] const TaskForm::FieldState& state() const;
  [[nodiscard]] QWidget* make_editor();
  void edited(const QString& text);
  TaskForm& form_;
  std::size_t field_;
  QWidget* editor_;
  QLabel *problem_, *zero_;
  QString meaning_;  ///< of 0, as the help has it: "chosen from the misfit"
  bool filling_{false};
};

}  // namespace iso::gui
