#include "provenance_dialog.h"

#include "gui/presenters/provenance.h"
#include "gui/presenters/replay_inputs.h"

#include "iso/base/error.h"

#include <QApplication>
#include <QClipboard>
#include <QDialogButtonBox>
#include <QHeaderView>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPointer>
#include <QPushButton>
#include <QTabWidget>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace iso::gui {
namespace {

constexpr int most_differences = 6;  ///< told below the verdict; all are in the log of the job

}  // namespace

ProvenanceDialog::ProvenanceDialog(Desktop& desktop, ItemId id, QWidget* parent)
    : QDialog{parent},
      desktop_{desktop},
      document_{desktop.document()},
      jobs_{desktop.jobs()},
      tree_{new QTreeWidget},
      verdict_{new QLabel},
      replay_{new QPushButton{tr("Replay")}},
      command_{new QPushButton{tr("Copy as command")}},
      text_{new QPushButton{tr("Copy as text")}} {
  setAttribute(Qt::WA_DeleteOnClose);
  setObjectName(QStringLiteral("provenance"));
  resize(680, 560);
  auto* const column = new QVBoxLayout{this};
  auto* const tabs = new QTabWidget;
  tree_->setColumnCount(2);
  tree_->setHeaderHidden(true);
  tree_->setAlternatingRowColors(true);
  tree_->setAccessibleName(tr("Where it came from"));
  tabs->addTab(tree_, tr("Where it came from"));
  verdict_->setWordWrap(true);
  verdict_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  verdict_->setObjectName(QStringLiteral("verdict"));
  verdict_->hide();
  column->addWidget(tabs, 1);
  column->addWidget(verdict_);
  auto* const buttons = new QDialogButtonBox{QDialogButtonBox::Close};
  for (QPushButton* button : {replay_, command_, text_}) buttons->addButton(button, QDialogButtonBox::ActionRole);
  replay_->setObjectName(QStringLiteral("replay"));
  replay_->setToolTip(tr("Run it once more on the same device, and say whether every bit agrees"));
  column->addWidget(buttons);
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::close);
  connect(replay_, &QPushButton::clicked, this, &ProvenanceDialog::replay);
  connect(command_, &QPushButton::clicked, this, &ProvenanceDialog::copy_command);
  const auto refresh = [this](std::uint64_t job) {
    if (job == job_ && job != 0) follow();
  };
  connections_.push_back(jobs_.job_changed.connect(refresh));
  connections_.push_back(jobs_.job_ended.connect(refresh));
  const Item* const item = document_.find(id);
  for (QPushButton* button : {replay_, command_}) button->setVisible(item != nullptr && item->record.has_value());
  if (item == nullptr) return;
  setWindowTitle(tr("Where '%1' came from").arg(QString::fromStdString(item->name)));
  name_ = item->name;
  if (item->record) {
    record_ = *item->record;
    auto* const json = new QPlainTextEdit{QString::fromStdString(to_json(record_))};
    json->setReadOnly(true);
    json->setLineWrapMode(QPlainTextEdit::NoWrap);
    json->setAccessibleName(tr("The record as JSON"));
    tabs->addTab(json, tr("Record (JSON)"));
  }
  fill(*item);
}

ProvenanceDialog::~ProvenanceDialog() { stop_search_.request_stop(); }

void ProvenanceDialog::fill(const Item& item) {
  const auto sections = make_provenance(item, document_);
  for (const ProvenanceSection& section : sections) {
    auto* const head = new QTreeWidgetItem{tree_, {QString::fromStdString(section.title)}};
    QFont bold = tree_->font();
    bold.setBold(true);
    head->setFont(0, bold);
    head->setFirstColumnSpanned(true);
    for (const auto& [name, value] : section.rows) {
      auto* const row = new QTreeWidgetItem{head, {QString::fromStdString(name), QString::fromStdString(value)}};
      row->setToolTip(1, QString::fromStdString(value));
    }
    head->setExpanded(true);
  }
  tree_->header()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
  connect(text_, &QPushButton::clicked, this,
          [sections] { QApplication::clipboard()->setText(QString::fromStdString(to_text(sections))); });
}

void ProvenanceDialog::copy_command() {
  QApplication::clipboard()->setText(QString::fromStdString(make_command(record_.recipe, document_).line));
}

void ProvenanceDialog::replay() {
  if (const JobState* const job = jobs_.find(job_); job != nullptr && !job::ended(job->state))
    return jobs_.cancel(job_);
  searching_ = true;
  replay_->setEnabled(false);
  verdict_->setText(tr("Looking for the data of this run ..."));
  verdict_->show();
  using Inputs = std::map<std::string, DatasetPtr>;
  desktop_.background().run<Inputs>([search = prepare_replay(record_, document_),
                                     stop = stop_search_.get_token()] { return find_inputs(search, stop); },
                                    [dialog = QPointer{this}](Inputs inputs) {
                                      if (dialog) dialog->begin(std::move(inputs));
                                    },
                                    [dialog = QPointer{this}](const Error& failure) {
                                      if (dialog) dialog->refuse(failure);
                                    });
}

void ProvenanceDialog::begin(std::map<std::string, DatasetPtr> inputs) {
  searching_ = false;
  replay_->setEnabled(true);
  job_ = jobs_.replay(record_, "Replay of " + name_, std::move(inputs));
  follow();
}

void ProvenanceDialog::refuse(const Error& failure) {
  searching_ = false;
  replay_->setEnabled(true);
  verdict_->setText(QString::fromUtf8(failure.what()) + QStringLiteral(": ") + QString::fromStdString(failure.hint()));
}

void ProvenanceDialog::follow() {
  const JobState* const job = jobs_.find(job_);
  if (job == nullptr) return;
  const bool running = !job::ended(job->state);
  replay_->setText(running ? tr("Cancel the replay") : tr("Replay"));
  QString words;
  if (running) {
    words = tr("Replaying: %1 %").arg(qRound(100 * job->fraction));
    if (!job->stage.empty()) words += QStringLiteral(", ") + QString::fromStdString(job->stage);
  } else {
    words = QString::fromStdString(job->message);
    if (!job->hint.empty()) words += QStringLiteral("\n") + QString::fromStdString(job->hint);
    if (job->comparison) {
      const auto& differences = job->comparison->differences;
      for (std::size_t i = 0; i < differences.size() && i < most_differences; ++i)
        words += QStringLiteral("\n\u2022 ") + QString::fromStdString(differences[i]);
    }
  }
  verdict_->setText(words);
  verdict_->show();
}

}  // namespace iso::gui
