#include "history_panel.h"

#include "iso/job/estimate.h"

#include <QLabel>
#include <QListWidget>
#include <QVBoxLayout>

namespace iso::gui {

HistoryPanel::HistoryPanel(UndoStack& stack, QWidget* parent)
    : QWidget{parent}, stack_{stack}, list_{new QListWidget}, memory_{new QLabel} {
  auto* const column = new QVBoxLayout{this};
  column->setContentsMargins(0, 0, 0, 0);
  list_->setAccessibleName(tr("History"));
  list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);  // a long name is shortened, its tool tip has it whole
  memory_->setWordWrap(true);
  column->addWidget(list_, 1);
  column->addWidget(memory_);
  connect(list_, &QListWidget::currentRowChanged, this, [this](int row) {
    if (filling_ || row < 0) return;
    while (static_cast<int>(stack_.position()) > row && stack_.can_undo()) stack_.undo();
    while (static_cast<int>(stack_.position()) < row && stack_.can_redo()) stack_.redo();
  });
  connection_ = stack_.changed.connect([this] { rebuild(); });
  rebuild();
}

void HistoryPanel::rebuild() {
  filling_ = true;
  list_->clear();
  list_->addItem(stack_.forgotten() > 0 ? tr("(%1 older steps forgotten)").arg(stack_.forgotten()) : tr("Start"));
  std::size_t at = 0;
  for (const std::string& name : stack_.names()) {
    auto* const row = new QListWidgetItem{QString::fromStdString(name)};
    row->setToolTip(row->text());
    if (at++ >= stack_.position()) row->setForeground(palette().color(QPalette::Disabled, QPalette::Text));
    list_->addItem(row);
  }
  list_->setCurrentRow(static_cast<int>(stack_.position()));
  memory_->setText(tr("Keeps %1 of at most %2")
                       .arg(QString::fromStdString(job::in_words(stack_.bytes())),
                            QString::fromStdString(job::in_words(stack_.budget_bytes()))));
  filling_ = false;
}

}  // namespace iso::gui
