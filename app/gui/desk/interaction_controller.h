#pragma once

#include "desktop.h"

#include "gui/presenters/click_session.h"

#include "iso/job/click_log.h"

#include <QElapsedTimer>
#include <QObject>

#include <map>
#include <memory>
#include <string>

namespace iso::gui {

/// Interactive segmentation in the window: starts a session (`click_session.h`) for the base image, passes clicks to it, and
/// shows its errors.
class InteractionController : public QObject {
  Q_OBJECT
 public:
  explicit InteractionController(Desktop& desktop, QObject* parent = nullptr);
  ~InteractionController() override;
  void begin(const std::string& task_id, const std::string& parameters_json = "{}", const std::string& device = "auto");
  void click(const Vec3& world_mm, bool positive);
  /// The form of a task has changed: a running interaction of that task answers anew with these parameters.
  void set_parameters(const std::string& task_id, const std::string& parameters_json);
  void retry();
  /// What the clicked task can do beyond clicks, by the names of its parameters.
  struct Abilities {
    bool everywhere{false}, uncertainty{false};  ///< a yes or no of that name
    bool next_slice{false};                      ///< a whole number "propagate"
    bool volume{false};                          ///< a choice "extent" between "slice" and "volume"
    bool goes_on{false};                         ///< takes a mask, so that accepted labels can be added to
  };
  [[nodiscard]] Abilities abilities() const;
  [[nodiscard]] bool is_on(const std::string& parameter) const;  ///< of a yes or no
  void set_on(const std::string& parameter, bool on);
  void propagate();          ///< by one slice more
  void set_volume(bool on);  ///< all slices at once
  [[nodiscard]] bool is_volume() const;
  void take_back();  ///< the newest click, if it is the newest step
  /// The result stays as labels, and clicking goes on beside them with the next label.
  void accept();
  /// The clicks that count, as a log that the command `click` answers alike.
  [[nodiscard]] job::ClickLog log() const;
  /// Begins with the task, the parameters and the clicks of a log, on the image that is shown, as one step. Throws
  /// invalid_input for a click beside that image, or a task that is not there.
  void open_log(const job::ClickLog& log);
  void end();
  /// Activates the click tool again, after painting.
  void resume();
  [[nodiscard]] bool active() const noexcept { return session_ != nullptr; }
  [[nodiscard]] bool waiting() const noexcept { return session_ != nullptr && session_->waiting(); }
  /// Nothing is refined any more: the worker sleeps until the next click.
  [[nodiscard]] bool settled() const { return session_ != nullptr && session_->settled(); }
  [[nodiscard]] std::size_t clicks() const noexcept { return session_ == nullptr ? 0 : session_->clicks(); }
  /// From the last click to its answer in the document; 0 before the first.
  [[nodiscard]] double last_answer_ms() const noexcept { return last_answer_ms_; }

 Q_SIGNALS:
  void problem(const QString& sentence, const QString& hint);
  void retry_offered(const QString& sentence, const QString& hint);
  void message(const QString& sentence);
  void active_changed(bool active);
  void clicks_changed();  ///< or parameters, or an answer has come
  void parameters_changed(const std::string& task_id, const std::string& parameters_json);  ///< by undo or redo

 private:
  [[nodiscard]] const plugin::TaskManifest* task() const;
  [[nodiscard]] std::string to_value(const std::string& parameter) const;  ///< as text; empty if it has none
  void set_value(const std::string& parameter, const std::string& text);
  void show_marks();
  struct Asked {
    std::string task, device;
    ItemId item{0};
    friend bool operator==(const Asked&, const Asked&) = default;
  };
  void trouble(const ClickSession::Trouble& what);
  /// The ports of the task and the items that they are given.
  [[nodiscard]] std::map<std::string, ItemId> find_inputs(const plugin::TaskManifest& task, const Item& image) const;
  void follow_tool();
  Desktop& desktop_;
  ItemId item_{0};
  Asked asked_;  ///< of the session
  Tool tool_{Tool::window_level};
  std::unique_ptr<ClickSession> session_;
  QElapsedTimer clock_;
  double last_answer_ms_{0};
  std::map<std::string, ItemId> inputs_;  ///< of the session
  Signal<>::Connection answered_, restoring_, marks_;
  Signal<const ClickSession::Trouble&>::Connection troubled_;
  Signal<const std::string&>::Connection parameters_;
};

}  // namespace iso::gui
