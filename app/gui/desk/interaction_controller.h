#pragma once

#include "desktop.h"

#include "gui/presenters/click_session.h"

#include <QElapsedTimer>
#include <QObject>

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
  void end();
  /// Activates the click tool again, after painting.
  void resume();
  [[nodiscard]] bool active() const noexcept { return session_ != nullptr; }
  [[nodiscard]] bool waiting() const noexcept { return session_ != nullptr && session_->waiting(); }
  [[nodiscard]] std::size_t clicks() const noexcept { return session_ == nullptr ? 0 : session_->clicks(); }
  /// From the last click to its answer in the document; 0 before the first.
  [[nodiscard]] double last_answer_ms() const noexcept { return last_answer_ms_; }

 Q_SIGNALS:
  void problem(const QString& sentence, const QString& hint);
  void retry_offered(const QString& sentence, const QString& hint);
  void message(const QString& sentence);
  void active_changed(bool active);
  void parameters_changed(const std::string& task_id, const std::string& parameters_json);  ///< by undo or redo

 private:
  struct Asked {
    std::string task, device;
    ItemId item{0};
    friend bool operator==(const Asked&, const Asked&) = default;
  };
  void trouble(const ClickSession::Trouble& what);
  [[nodiscard]] plugin::Datasets find_inputs(const plugin::TaskManifest& task, const Item& image) const;
  void follow_tool();
  Desktop& desktop_;
  ItemId item_{0};
  Asked asked_;  ///< of the session
  Tool tool_{Tool::window_level};
  std::unique_ptr<ClickSession> session_;
  QElapsedTimer clock_;
  double last_answer_ms_{0};
  Signal<>::Connection answered_, restoring_;
  Signal<const ClickSession::Trouble&>::Connection troubled_;
  Signal<const std::string&>::Connection parameters_;
};

}  // namespace iso::gui
