#pragma once

#include "desktop.h"

#include "gui/presenters/click_session.h"

#include <QElapsedTimer>
#include <QObject>

#include <memory>
#include <string>

namespace iso::gui {

/// Click segmentation in the window: makes a session of clicks (`click_session.h`) for the image in the planes, hands it
/// what was clicked, and says what went wrong.
class InteractionController : public QObject {
  Q_OBJECT
 public:
  explicit InteractionController(Desktop& desktop, QObject* parent = nullptr);
  ~InteractionController() override;
  void begin(const std::string& task_id, const std::string& parameters_json = "{}", const std::string& device = "auto");
  void click(const Vec3& world_mm, bool positive);
  void retry();
  void end();
  /// The tool that clicks taken in hand again, after painting for one.
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

 private:
  struct Asked {
    std::string task, parameters, device;
    ItemId item{0};
    friend bool operator==(const Asked&, const Asked&) = default;
  };
  void trouble(const ClickSession::Trouble& what);
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
};

}  // namespace iso::gui
