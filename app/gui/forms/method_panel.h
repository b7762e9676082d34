#pragma once

#include "gui/presenters/task_form.h"
#include "gui/shell/desktop.h"

#include <QTimer>
#include <QWidget>

#include <memory>
#include <vector>

class QComboBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QListWidget;
class QPushButton;
class QScrollArea;
class QStackedWidget;

namespace iso::gui {

class FieldEditor;
class PresetBar;

/// The method browser and the form of the chosen method: what can work on the selected data, why the others cannot, the
/// parameters, what the run will take, and Run.
class MethodPanel : public QWidget {
  Q_OBJECT
 public:
  explicit MethodPanel(Desktop& desktop, QWidget* parent = nullptr);
  void open_task(const std::string& task_id);
  [[nodiscard]] TaskForm* form() noexcept { return form_.get(); }
  /// What F1 is about: the field that has the focus, else the method of the form or chosen in the list.
  struct Topic {
    std::string task_id, parameter;  ///< each may be empty
  };
  [[nodiscard]] Topic help_topic() const;

 Q_SIGNALS:
  void problem(const QString& sentence, const QString& hint);
  void help_asked(const std::string& task_id, const std::string& parameter);  ///< parameter: empty for the whole page
  void started(quint64 job);
  void interaction_asked(const std::string& task_id, const std::string& parameters_json, const std::string& device);

 private:
  void refresh_list();
  void show_list();
  void build_form();
  QComboBox* input_choice(const TaskForm::Input& input);
  void add_outputs();
  void form_changed();
  void ask_estimate();
  void show_estimate(const job::Record& answer, int question);
  void run();
  void copy_command();
  Desktop& desktop_;
  QStackedWidget* pages_;
  QLineEdit* search_;
  QListWidget* list_;
  QScrollArea* scroll_;
  QLabel *title_, *summary_, *estimate_;
  QPushButton *run_, *interact_;
  QComboBox* device_;
  QFormLayout* rows_{nullptr};
  PresetBar* presets_;
  std::unique_ptr<TaskForm> form_;
  Signal<>::Connection form_connection_;
  std::vector<FieldEditor*> editors_;
  QTimer ask_;
  int question_{0};
  bool refused_{false};
  std::vector<Signal<>::Connection> connections_;
};

}  // namespace iso::gui
