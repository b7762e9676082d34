#pragma once

#include "gui/desk/desktop.h"
#include "gui/presenters/task_form.h"

#include <QTimer>
#include <QWidget>

#include <memory>
#include <optional>
#include <vector>

class QComboBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QListWidget;
class QPlainTextEdit;
class QPushButton;
class QScrollArea;
class QStackedWidget;

namespace iso::gui {

class FieldEditor;
class PresetBar;

/// Method browser and form: the methods that can work on the selected data, the reason why others cannot, the parameters of the
/// chosen method, the estimate of its run, and Run.
class MethodPanel : public QWidget {
  Q_OBJECT
 public:
  explicit MethodPanel(Desktop& desktop, QWidget* parent = nullptr);
  void open_task(const std::string& task_id);
  void show_parameters(const std::string& task_id, const std::string& parameters_json);  ///< if that form is open
  [[nodiscard]] TaskForm* form() noexcept { return form_.get(); }
  /// Topic of F1: the field with the focus, else the method of the form or the one chosen in the list.
  struct Topic {
    std::string task_id, parameter;  ///< each may be empty
  };
  [[nodiscard]] Topic help_topic() const;

 Q_SIGNALS:
  void problem(const QString& sentence, const QString& hint);
  void help_asked(const std::string& task_id, const std::string& parameter);  ///< parameter: empty for the whole page
  void started(quint64 job);
  /// A while after the last edit of a valid form, for an interaction of that task that is running.
  void parameters_edited(const std::string& task_id, const std::string& parameters_json);
  void interaction_asked(const std::string& task_id, const std::string& parameters_json, const std::string& device);

 private:
  void refresh_list();
  void show_list();
  void build_form();
  QComboBox* input_choice(const TaskForm::Input& input);
  QWidget* make_browser();
  QWidget* make_page();
  QLayout* make_head();
  QLayout* make_foot();
  void dress_controls();
  QWidget* make_consent();
  [[nodiscard]] std::optional<host::PluginEntry> find_unagreed();
  void add_outputs();
  void form_changed();
  void ask_estimate();
  void show_estimate(const job::RunPlan& plan, int question);
  void show_refusal(const Error& reason, int question);
  void run();
  void copy_command();
  Desktop& desktop_;
  QStackedWidget* pages_;
  QLineEdit* search_;
  QListWidget* list_;
  QScrollArea* scroll_;
  QLabel *title_, *summary_, *estimate_;
  QPlainTextEdit* card_;  ///< of the networks of the method
  QPushButton *run_, *interact_;
  QWidget* consent_{nullptr};
  QLabel* consent_words_{nullptr};
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
