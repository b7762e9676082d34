#include "job_panel.h"

#include "gui/presenters/words_of_window.h"
#include "gui/views/plot_view.h"

#include "iso/solvers/curve_limit.h"

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QSplitter>
#include <QTabWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <functional>
#include <map>
#include <string_view>
#include <utility>

namespace iso::gui {
namespace {

constexpr int show_after_ms = 80;
constexpr std::string_view warning_prefix = "Warning: ";  ///< as JobList writes it

QString to_text(job::State state) {
  switch (state) {
    case job::State::queued: return JobPanel::tr("waiting");
    case job::State::running: return JobPanel::tr("running");
    case job::State::cancelling: return JobPanel::tr("cancelling");
    case job::State::done: return JobPanel::tr("done");
    case job::State::cancelled: return JobPanel::tr("cancelled");
    case job::State::failed: return JobPanel::tr("failed");
    case job::State::crashed: return JobPanel::tr("crashed");
  }
  return {};
}

QString remaining(double seconds) {
  if (seconds < 60) return JobPanel::tr("%1 s left").arg(qRound(seconds));
  return JobPanel::tr("%1 min left").arg(qRound(seconds / 60));
}

}  // namespace

JobPanel::JobPanel(JobList& jobs, Document& document, QWidget* parent)
    : QWidget{parent},
      jobs_{jobs},
      document_{document},
      list_{new QListWidget},
      progress_{new QProgressBar},
      stage_{new QLabel},
      message_{new QLabel},
      cancel_{new QPushButton{tr("Cancel")}},
      retry_{new QPushButton{tr("Try again")}},
      keep_{new QPushButton{tr("Keep the result so far")}},
      remove_{new QPushButton{tr("Remove")}},
      copy_{new QPushButton{tr("Copy as command")}},
      plot_{new PlotView},
      log_{new QPlainTextEdit},
      tabs_{new QTabWidget} {
  auto* const layout = new QVBoxLayout{this};
  layout->setContentsMargins(0, 0, 0, 0);
  auto* const split = new QSplitter{Qt::Horizontal};
  layout->addWidget(split);
  list_->setAccessibleName(tr("Jobs"));
  list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);  // a long name is shortened, its tool tip has it whole
  list_->setMinimumWidth(150);
  split->addWidget(list_);
  auto* const details = new QWidget;
  auto* const column = new QVBoxLayout{details};
  column->setContentsMargins(4, 0, 4, 0);
  auto* const top = new QHBoxLayout;
  progress_->setRange(0, 1000);
  progress_->setAccessibleName(tr("Progress"));
  stage_->setMinimumWidth(180);
  top->addWidget(stage_);
  top->addWidget(progress_, 1);
  top->addWidget(cancel_);
  top->addWidget(retry_);
  top->addWidget(copy_);
  top->addWidget(remove_);
  column->addLayout(top);
  message_->setObjectName(QStringLiteral("job.message"));
  message_->setWordWrap(true);
  message_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  column->addWidget(message_);
  column->addWidget(keep_, 0, Qt::AlignLeft);  // beside the others it would widen the window
  log_->setReadOnly(true);
  log_->setMaximumBlockCount(10000);
  log_->setAccessibleName(tr("Log of the job"));
  tabs_->addTab(plot_, tr("Residual"));
  tabs_->addTab(log_, tr("Log"));
  column->addWidget(tabs_, 1);
  split->addWidget(details);
  split->setStretchFactor(0, 1);
  split->setStretchFactor(1, 3);
  plot_->set_separate(true);  // an objective and a residual share no unit
  cancel_->setObjectName(QStringLiteral("cancel"));
  retry_->setObjectName(QStringLiteral("retry"));
  keep_->setObjectName(QStringLiteral("keep"));
  keep_->setToolTip(tr("Adds what the method had made before it was cancelled to the data."));
  keep_->hide();
  connect_controls();
  follow_jobs();
  rebuild();
}

void JobPanel::connect_controls() {
  connect(list_, &QListWidget::currentRowChanged, this, [this] {
    if (const QListWidgetItem* row = list_->currentItem()) show_job(row->data(Qt::UserRole).toULongLong());
  });
  connect(cancel_, &QPushButton::clicked, this, [this] {
    jobs_.cancel(shown_);
    show_details();
  });
  connect(retry_, &QPushButton::clicked, this, [this] { show_job(jobs_.retry(shown_)); });
  connect(keep_, &QPushButton::clicked, this, &JobPanel::keep_so_far);
  connect(remove_, &QPushButton::clicked, this, [this] { jobs_.forget(shown_); });
  connect(copy_, &QPushButton::clicked, this, [this] {
    if (const JobState* job = jobs_.find(shown_))
      QApplication::clipboard()->setText(QString::fromStdString(make_command(job->recorded, document_).line));
  });
}

void JobPanel::follow_jobs() {
  list_connection_ = jobs_.list_changed.connect([this] { rebuild(); });
  // A job may tell something a hundred times a second, and showing it redraws the window.
  soon_.setSingleShot(true);
  soon_.setInterval(show_after_ms);
  connect(&soon_, &QTimer::timeout, this, &JobPanel::refresh_changed);
  job_connections_.push_back(jobs_.job_changed.connect([this](std::uint64_t job) {
    const JobState* const state = jobs_.find(job);
    if (state != nullptr && job::ended(state->state)) return refresh(job);  // the buttons are true at once
    changed_.insert(job);
    if (!soon_.isActive()) soon_.start();
  }));
  job_connections_.push_back(jobs_.job_ended.connect([this](std::uint64_t job) {
    if (job == shown_) document_.clear_preview();
    const JobState* const state = jobs_.find(job);
    if (job == made_by_ && (state == nullptr || state->state != job::State::cancelled)) so_far_.reset();
  }));
  preview_connection_ =
      jobs_.previewed.connect([this](std::uint64_t job, const std::string&, const DatasetPtr& so_far) {
        const JobState* const state = jobs_.find(job);
        if (job != shown_ || state == nullptr || job::ended(state->state)) return;
        made_by_ = job;
        so_far_ = so_far;
        document_.set_preview(state->title, so_far);
      });
}

QString JobPanel::to_line(const JobState& job) {
  QString text = QString::fromStdString(job.title) + QStringLiteral("\n") + to_text(job.state);
  if (job.state == job::State::running) text += QStringLiteral(", %1 %").arg(qRound(100 * job.fraction));
  return text;
}

void JobPanel::rebuild() {
  const std::uint64_t keep = shown_;
  if (jobs_.find(made_by_) == nullptr) so_far_.reset();
  list_->clear();
  int row = 0, at = 0;
  for (const JobState* job : jobs_.jobs()) {
    auto* const entry = new QListWidgetItem{to_line(*job)};
    entry->setData(Qt::UserRole, QVariant::fromValue<qulonglong>(job->id));
    entry->setToolTip(QString::fromStdString(job->title));
    list_->addItem(entry);
    if (job->id == keep) at = row;
    ++row;
  }
  shown_ = keep;
  if (row > 0) list_->setCurrentRow(at);
  show_details();
}

void JobPanel::show_job(std::uint64_t job) {
  if (shown_ != job) document_.clear_preview();
  shown_ = job;
  for (int row = 0; row < list_->count(); ++row)
    if (list_->item(row)->data(Qt::UserRole).toULongLong() == job && list_->currentRow() != row)
      list_->setCurrentRow(row);
  show_details();
}

void JobPanel::refresh_changed() {
  for (const std::uint64_t job : std::exchange(changed_, {})) refresh(job);
}

void JobPanel::refresh(std::uint64_t job) {
  const JobState* const state = jobs_.find(job);
  for (int row = 0; state != nullptr && row < list_->count(); ++row)
    if (list_->item(row)->data(Qt::UserRole).toULongLong() == job) list_->item(row)->setText(to_line(*state));
  if (job == shown_) show_details();
}

/// How it ended, where the line above does not say so, and what it warned of.
void JobPanel::show_outcome(const JobState& job) {
  QStringList sentences;
  const bool plain = job.state == job::State::cancelled || (job.state == job::State::done && !job.comparison);
  if (!plain && !job.message.empty()) sentences << QString::fromStdString(job.message);
  if (!plain && !job.hint.empty()) sentences << QString::fromStdString(hint_of_window(job.hint));
  std::vector<QString> warnings;
  for (const std::string& line : job.log)
    if (line.starts_with(warning_prefix)) warnings.push_back(QString::fromStdString(line));
  if (!warnings.empty())
    sentences << (warnings.size() == 1
                      ? warnings.front()
                      : tr("%1 (and %2 more in the log)").arg(warnings.front(), QString::number(warnings.size() - 1)));
  tabs_->setTabText(1, warnings.empty()       ? tr("Log")
                       : warnings.size() == 1 ? tr("Log, 1 warning")
                                              : tr("Log, %1 warnings").arg(warnings.size()));
  message_->setText(sentences.join(QLatin1Char('\n')));
  message_->setVisible(!message_->text().isEmpty());
}

void JobPanel::keep_so_far() {
  const JobState* const job = jobs_.find(shown_);
  if (job == nullptr || job->id != made_by_ || !so_far_) return;
  job::Record record = job->record.value_or(job::Record{});
  record.recipe.outputs.clear();  // a replay would make the whole
  document_.show(document_.add_result(job->title + " (cancelled)", std::exchange(so_far_, nullptr), record));
  show_details();
}

namespace {

/// What the curves are drawn over that are shown together: where there is more than one such quantity, that of the fewest curves, which is a
/// result (accuracy over radius) rather than its course (at each of some radii, over images).
std::string choose_axis(const std::map<std::string, std::vector<std::pair<double, double>>>& curves) {
  std::map<std::string, int, std::less<>> count;
  for (const auto& [name, points] : curves)
    if (points.size() > 1) ++count[std::string{solvers::split_curve_name(name).axis}];
  const auto fewest = std::ranges::min_element(count, {}, [](const auto& one) { return one.second; });
  return fewest == count.end() ? std::string{} : fewest->first;
}

}  // namespace

void JobPanel::show_details() {
  const JobState* const job = jobs_.find(shown_);
  const bool running = job != nullptr && !job::ended(job->state);
  cancel_->setEnabled(running && job->state != job::State::cancelling);
  retry_->setEnabled(job != nullptr && job::ended(job->state) && job->state != job::State::done);
  remove_->setEnabled(job != nullptr && !running);
  copy_->setEnabled(job != nullptr);
  progress_->setValue(job == nullptr ? 0 : qRound(1000 * job->fraction));
  keep_->setVisible(job != nullptr && job->state == job::State::cancelled && job->id == made_by_ && so_far_);
  if (job == nullptr) {
    stage_->clear();
    message_->setText(tr("No job yet: choose a method and press Run."));
    plot_->set_curves({}, {}, {});
    log_->clear();
    return;
  }
  QString stage = running ? QString::fromStdString(job->stage) : to_text(job->state);
  if (running && job->remaining_seconds) stage += QStringLiteral(", ") + remaining(*job->remaining_seconds);
  stage_->setText(stage);
  show_outcome(*job);
  const std::string axis = choose_axis(job->curves);
  std::vector<Curve> curves;
  for (const auto& [name, points] : job->curves) {
    const auto [curve, over] = solvers::split_curve_name(name);
    if (points.size() < 2 || over != axis) continue;
    curves.push_back({QString::fromUtf8(curve.data(), static_cast<qsizetype>(curve.size())), points});
    const auto limit = job->curves.find(name + std::string{solvers::limit_suffix});
    if (limit != job->curves.end()) curves.back().limit = limit->second.back().second;
  }
  plot_->set_hint(running ? tr("No curve yet") : tr("This method plots no curve."));
  plot_->set_curves(std::move(curves), QString::fromStdString(axis), {});
  QStringList lines;
  for (const std::string& line : job->log) lines << QString::fromStdString(line);
  if (log_->toPlainText() != lines.join('\n')) log_->setPlainText(lines.join('\n'));
}

}  // namespace iso::gui
