#pragma once

#include "gui/presenters/presets.h"
#include "gui/presenters/task_form.h"

#include <QWidget>

#include <vector>

class QComboBox;
class QToolButton;

namespace iso::gui {

/// Named parameter sets over a form: choose one, save the form as one's own, remove it, back to the defaults. Shows which one
/// the form holds, or that it holds none.
class PresetBar : public QWidget {
  Q_OBJECT
 public:
  explicit PresetBar(Presets& presets, QWidget* parent = nullptr);
  void set_form(TaskForm* form);  ///< null: none
  void refresh();                 ///< the form has changed
  /// Saves the form under a name; one of that name is replaced. False, and a sentence in `problem`, if it cannot be.
  bool save_as(const QString& name);
  void choose(const QString& name);

 Q_SIGNALS:
  void problem(const QString& sentence, const QString& hint);

 private:
  void read();
  void ask_name();
  void remove();
  void apply(int row);
  [[nodiscard]] const Preset* chosen() const;
  Presets& presets_;
  TaskForm* form_{nullptr};
  std::vector<Preset> list_;
  QComboBox* choice_;
  QToolButton *save_, *remove_, *reset_;
};

}  // namespace iso::gui
