#pragma once

#include "gui/presenters/job_list.h"

#include <QTimer>
#include <QWidget>

#include <set>
#include <vector>

class QLabel;
class QListWidget;
class QPlainTextEdit;
class QProgressBar;
class QPushButton;
class QTabWidget;

namespace iso::gui {

class PlotView;

/// Job list and details of one job: stage, progress, curves, log, cancel and retry, and its outcome in one sentence. What a job
/// that was cancelled had made so far can be kept.
class JobPanel : public QWidget {
  Q_OBJECT
 public:
  JobPanel(JobList& jobs, Document& document, QWidget* parent = nullptr);
  void show_job(std::uint64_t job);
  [[nodiscard]] std::uint64_t shown() const noexcept { return shown_; }

 private:
  void connect_controls();
  void follow_jobs();
  void rebuild();
  void refresh_changed();
  void refresh(std::uint64_t job);
  void show_details();
  void show_outcome(const JobState& job);
  void keep_so_far();
  [[nodiscard]] static QString to_line(const JobState& job);
  JobList& jobs_;
  Document& document_;
  QListWidget* list_;
  QProgressBar* progress_;
  QLabel *stage_, *message_;
  QPushButton *cancel_, *retry_, *keep_, *remove_, *copy_;
  PlotView* plot_;
  QPlainTextEdit* log_;
  QTabWidget* tabs_;
  std::uint64_t shown_{0};
  std::uint64_t made_by_{0};         ///< the job of `so_far_`
  DatasetPtr so_far_;                ///< the last preview that was shown
  std::set<std::uint64_t> changed_;  ///< since they were last shown
  QTimer soon_;
  std::vector<Signal<std::uint64_t>::Connection> job_connections_;
  Signal<>::Connection list_connection_;
  Signal<std::uint64_t, const std::string&, const DatasetPtr&>::Connection preview_connection_;
};

}  // namespace iso::gui
