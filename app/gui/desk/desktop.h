#pragma once

#include "background.h"
#include "composite_maker.h"

#include "gui/model/document.h"
#include "gui/model/journal.h"
#include "gui/presenters/job_list.h"
#include "gui/presenters/log_book.h"
#include "gui/presenters/presets.h"
#include "gui/views/tools.h"
#include "host/plugins/catalogue.h"
#include "host/workers/plan_worker.h"

#include "iso/job/executor.h"

#include <QObject>

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace iso::gui {

class StallWatch;

struct DesktopOptions {
  std::vector<std::filesystem::path> plugin_directories;
  std::filesystem::path recovery_parent;  ///< empty: XDG_DATA_HOME/isocenter/recovery; logs are kept beside it
  std::filesystem::path preset_folder;    ///< the user's own; empty: XDG_CONFIG_HOME/isocenter/presets
  bool journal{true};
  bool safe_mode{false};  ///< no plugins, default settings
  int parallel_workers{1};
};

/// The open desktop behind the window: document, jobs, journal, log and presets. Uses Qt only for its event loop.
class Desktop : public QObject {
  Q_OBJECT
 public:
  explicit Desktop(DesktopOptions options, QObject* parent = nullptr);
  ~Desktop() override;
  [[nodiscard]] Document& document() noexcept { return document_; }
  [[nodiscard]] Tools& tools() noexcept { return tools_; }
  [[nodiscard]] JobList& jobs() noexcept { return *jobs_; }
  [[nodiscard]] Background& background() noexcept { return background_; }
  [[nodiscard]] Journal* journal() noexcept { return journal_.get(); }
  [[nodiscard]] StallWatch& stall_watch() noexcept { return *stall_watch_; }
  [[nodiscard]] host::PluginCatalogue& catalogue();  ///< manifests are read at the first call
  [[nodiscard]] std::vector<const plugin::TaskManifest*> tasks();
  /// As they were found when the tasks were asked for first; none before.
  [[nodiscard]] std::span<const host::PluginEntry> plugins() const noexcept { return plugins_; }
  [[nodiscard]] const DesktopOptions& options() const noexcept { return options_; }
  [[nodiscard]] std::filesystem::path recovery_parent() const;
  [[nodiscard]] static std::filesystem::path usual_recovery_parent();  ///< of this user's desktops
  [[nodiscard]] Presets& presets();
  [[nodiscard]] const LogBook& log_book() const noexcept { return *log_; }
  /// What a run would take, or why it is refused, asked of a warm worker; the answer comes on this thread.
  void ask_estimate(const TaskForm& form, const std::string& device, std::function<void(const job::RunPlan&)> answer,
                    std::function<void(const Error&)> refused);

 Q_SIGNALS:
  void problem(const QString& sentence, const QString& hint);

 private:
  DesktopOptions options_;
  std::unique_ptr<LogBook> log_;  // first, so that everything below may log to its end
  Document document_;
  Tools tools_;
  Background background_;
  CompositeMaker composites_;
  StallWatch* stall_watch_;
  std::unique_ptr<host::PluginCatalogue> catalogue_;
  std::vector<host::PluginEntry> plugins_;     ///< as they were found; no code is loaded here
  std::shared_ptr<host::PlanWorker> planner_;  ///< from the first estimate on
  std::shared_ptr<job::Workspace> workspace_;
  std::shared_ptr<job::Executor> workers_;
  std::unique_ptr<job::Queue> queue_;
  std::unique_ptr<JobList> jobs_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<Presets> presets_;
};

}  // namespace iso::gui
