#pragma once

#include "gui/presenters/task_form.h"

#include <QWidget>

class QLabel;

namespace iso::gui {

/// The editor of one parameter, chosen by its kind: check box, spin box, combo box, line or file picker, with its unit, its
/// help as tool tip, a reset button, and what is wrong below it.
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
  QLabel* problem_;
  bool filling_{false};
};

}  // namespace iso::gui
