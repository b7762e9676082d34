#pragma once

#include "gui/desk/desktop.h"
#include "gui/presenters/file_reading.h"
#include "gui/presenters/keys.h"

#include <QKeySequence>
#include <QMainWindow>
#include <QStringList>

#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

class QAction;
class QActionGroup;
class QDockWidget;
class QLabel;
class QMenu;
class QPushButton;
class QSettings;
class QStackedWidget;
class QVBoxLayout;

namespace iso::gui {

class ComparePanel;
class DataPanel;
class HelpWindow;
class InteractionController;
class JobPanel;
class MeasurePanel;
class MethodPanel;
class SliceView;
class StartPage;
class SpectraPanel;
class ViewArea;
class ViewKeys;

/// The keys an action is delivered with: none, one, or several.
struct DefaultKeys {
  DefaultKeys() = default;
  DefaultKeys(const QKeySequence& key) : all{key} {}
  DefaultKeys(QKeySequence::StandardKey key) : all{QKeySequence{key}} {}
  DefaultKeys(std::initializer_list<QKeySequence> keys) : all{keys} {}
  QList<QKeySequence> all;
};

/// The main window: views in the middle, panels around them, all actions in menus.
class MainWindow : public QMainWindow {
  Q_OBJECT
 public:
  MainWindow(Desktop& desktop, QSettings& settings, QWidget* parent = nullptr);
  ~MainWindow() override;
  [[nodiscard]] Desktop& desktop() noexcept { return desktop_; }
  [[nodiscard]] ViewArea& views() noexcept { return *views_; }
  [[nodiscard]] MethodPanel& methods() noexcept { return *methods_; }
  [[nodiscard]] JobPanel& job_panel() noexcept { return *job_panel_; }
  [[nodiscard]] QAction* action(const QString& name) const;  ///< by object name, "file.open"

  /// Reads in the background and shows what was read, in the order of the calls; a failure is a sentence in the message bar.
  /// Hints as of the reader ("geometry"). A folder of several DICOM series, or one that is refused, asks which; a file that
  /// leaves a fact unsaid asks how it is to be read.
  void open_file(const std::filesystem::path& file, const Hints& hints = {}, const QString& name = {});
  void open_files(const QStringList& files, const Hints& hints = {});
  /// Asks how a file is to be read, and opens it so, or reads an item `again`. `known` was said before, `reason` is shown.
  void ask_how_to_read(const std::filesystem::path& file, const Hints& known, const QString& reason, ItemId again = 0);
  void read_again(ItemId item);
  void use_as(ItemId item, Kind kind);  ///< label_map or volume
  /// The list of series of a folder; `straight`: one sound series opens without a question.
  void choose_series(const std::filesystem::path& folder, bool straight);
  void open_session(const std::filesystem::path& file);
  void save_session(const std::filesystem::path& file);
  void save_item(ItemId item, const std::filesystem::path& file, bool overwrite);
  /// The views as they are, as a PNG; every slice of the active view, as numbered PNGs that replace none.
  void save_screenshot(const std::filesystem::path& file);
  void export_sweep(const std::filesystem::path& folder);
  void save_clicks(const std::filesystem::path& file);  ///< of the running interactive segmentation
  void open_clicks(const std::filesystem::path& file);
  void offer_recovery();
  void restore_recovery(const Recovery& recovery);
  [[nodiscard]] KeyTable& keys() noexcept { return keys_; }
  void show_preferences(bool keys = false);
  void show_log();
  /// Panels scroll instead of making the window larger than a small screen; done by itself where the screen is one.
  void fit_small_screen();
  /// One sentence and what to do, above the views, until it is closed.
  void tell(const QString& sentence, const QString& hint = {});
  /// The same with a button for the remedy.
  void offer(const QString& sentence, const QString& hint, const QString& button, std::function<void()> what);
  [[nodiscard]] QString told() const;

 protected:
  void closeEvent(QCloseEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dragLeaveEvent(QDragLeaveEvent* event) override;
  void dropEvent(QDropEvent* event) override;

 private:
  QAction* add_action(QMenu* menu, const char* name, const QString& text, const DefaultKeys& keys,
                      std::function<void()> what);
  QDockWidget* add_dock(const char* name, const QString& title, QWidget* content, Qt::DockWidgetArea area);
  void make_message_bar();
  void make_status_bar();
  void connect_views();
  void connect_interaction();
  void make_file_menu();
  void make_edit_menu();
  void make_data_menu();
  void make_view_menu();
  void make_cine_actions(QMenu* menu);
  void make_tool_menu();
  void make_help_menu();
  void show_help();
  void show_method_help(const std::string& task_id, const std::string& parameter);
  void make_theme_menu(QMenu* menu);
  void make_docks();
  void open_when_needed(QDockWidget* jobs, QDockWidget* measures, QDockWidget* compare);
  void show_slice_menu(SliceView* view, const QPoint& at);
  void show_volume_menu(const QPoint& at);
  void add_window_actions();
  void make_preset_bar();
  void make_start_page();
  void show_start_page();
  void make_spectra_dock();
  void make_click_bar(QVBoxLayout* column);
  void make_spectra_actions(QMenu* menu);
  void read_keys();
  void apply_keys(const KeyAction& keys);
  void take_session(LoadedSession loaded, const std::filesystem::path& file, std::filesystem::file_time_type stamp);
  void open_dialog();
  void open_folder();
  void open_as_dialog();
  void take(FileRead read, const QString& name);
  void tell_failure(const Error& failure);
  void offer_to_accept(const std::filesystem::path& file, const Hints& hints, const QString& name,
                       const Error& refusal);
  void open_accepted(const std::filesystem::path& file, const Hints& hints, const QString& name);
  struct Arrival {
    std::function<void()> what;  ///< what to do when those before have come; empty while it is read
  };
  [[nodiscard]] std::shared_ptr<Arrival> expect();
  void arrive(const std::shared_ptr<Arrival>& arrival, std::function<void()> what);
  void save_item_dialog(ItemId item);
  void save_session_dialog();
  [[nodiscard]] bool may_replace_session(const std::filesystem::path& file);
  void save_screenshot();
  void export_sweep();
  void show_provenance(ItemId item);
  void show_drop_target(bool on);
  void remember(const std::filesystem::path& file);
  void fill_recent();
  void refresh_title();
  void set_arrangement(Arrangement arrangement);
  void follow_changes();
  void session_saved(std::uint64_t changes);
  [[nodiscard]] QString unsaved_work() const;  ///< a sentence; empty if closing loses nothing
  [[nodiscard]] bool may_close();
  [[nodiscard]] bool may_replace_work(
      const std::filesystem::path& session);  ///< by that session; may do it later instead
  void save_then(std::function<void()> what);

  Desktop& desktop_;
  QSettings& settings_;
  ViewArea* views_;
  DataPanel* data_{nullptr};
  MethodPanel* methods_{nullptr};
  JobPanel* job_panel_{nullptr};
  MeasurePanel* measures_{nullptr};
  ComparePanel* compare_{nullptr};
  SpectraPanel* spectra_{nullptr};
  InteractionController* interaction_{nullptr};
  HelpWindow* help_{nullptr};  ///< made when it is first asked for
  QStackedWidget* centre_;     ///< the start page, or the views
  StartPage* start_;
  QWidget* message_bar_;
  QPushButton* message_button_;
  std::function<void()> message_action_;
  std::deque<std::shared_ptr<Arrival>> arrivals_;
  QLabel* drop_target_{nullptr};
  QLabel *message_, *place_, *index_, *value_, *activity_;
  QMenu *recent_{nullptr}, *window_menu_{nullptr};
  QActionGroup* tool_group_{nullptr};
  std::map<QString, QAction*> actions_;
  KeyTable keys_;
  ViewKeys* view_keys_{nullptr};
  Signal<const KeyAction&>::Connection keys_connection_;
  std::filesystem::path session_file_;
  std::optional<std::filesystem::file_time_type> session_stamp_;  ///< when it was last read or written here
  std::uint64_t changes_{0}, saved_changes_{0};                   ///< of the document; as the session file holds it
  bool measures_changed_{false};
  bool one_column_{false};              ///< of panels, because the window is narrow
  std::function<void()> after_saving_;  ///< what waits for the session to be on the disk
  std::vector<Signal<>::Connection> connections_;
  Signal<ItemId>::Connection item_connection_;
  Signal<std::uint64_t>::Connection job_connection_;
};

}  // namespace iso::gui
