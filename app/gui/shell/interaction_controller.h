#pragma once

#include "desktop.h"

#include "gui/presenters/labels.h"

#include "iso/plugin/manifest.h"

#include <QObject>

#include <memory>
#include <string>
#include <vector>

namespace iso::gui {

/// Click segmentation: hands strokes to a task's interaction, shows its answer as an overlay, takes clicks back. Each change
/// is one undo step.
class InteractionController : public QObject {
  Q_OBJECT
 public:
  explicit InteractionController(Desktop& desktop, QObject* parent = nullptr);
  ~InteractionController() override;
  void begin(const std::string& task_id);
  void click(const Vec3& world_mm, bool positive);
  void end();
  [[nodiscard]] bool active() const noexcept { return active_; }
  /// From a click to its answer in the document; 0 before the first.
  [[nodiscard]] double last_answer_ms() const noexcept { return last_answer_ms_; }

 Q_SIGNALS:
  void problem(const QString& sentence, const QString& hint);
  void message(const QString& sentence);

 private:
  void answer(const std::vector<plugin::Stroke>& added, const std::string& step);
  void show(const LabelMap& labels, const std::string& step);
  struct Impl;
  std::unique_ptr<Impl> impl_;
  Desktop& desktop_;
  bool active_{false};
  double last_answer_ms_{0};
};

}  // namespace iso::gui
