#include "click_bar.h"

#include "gui/desk/interaction_controller.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QToolButton>

namespace iso::gui {

ClickBar::ClickBar(InteractionController& clicking, QWidget* parent)
    : QWidget{parent}, clicking_{clicking}, words_{new QLabel} {
  auto* const row = new QHBoxLayout{this};
  row->setContentsMargins(4, 2, 4, 2);
  row->setSpacing(4);
  words_->setMinimumWidth(1);
  words_->setToolTip(tr("Left marks, right or Ctrl and left takes away; the digits choose the label"));
  row->addWidget(words_, 1);
  undo_ = add(tr("Undo"), "click.undo_button", tr("Take back the last click (U)"));
  everywhere_ = add(tr("Everywhere"), "click.everywhere", tr("Clicks also act on similar tissue far away (E)"), true);
  uncertainty_ = add(tr("Uncertainty"), "click.uncertainty",
                     tr("Show below the labels how uncertain they are, and rings where a click would tell most"), true);
  next_ = add(tr("Next slice"), "click.next", tr("Carry the labels on to the slices beside"));
  volume_ = add(tr("Volume"), "click.volume", tr("Outline in all slices at once"), true);
  accept_ = add(tr("Accept"), "click.accept", tr("Keep the labels and go on with the next one"));
  log_ = add(tr("Clicks"), "click.log", tr("Open clicks, or save them for the command line"));
  auto* const menu = new QMenu{this};
  menu->addAction(tr("Open clicks ..."), this, &ClickBar::open_asked);
  menu->addAction(tr("Save clicks ..."), this, &ClickBar::save_asked);
  log_->setMenu(menu);
  log_->setPopupMode(QToolButton::InstantPopup);
  connect(undo_, &QToolButton::clicked, this, [this] { clicking_.take_back(); });
  connect(everywhere_, &QToolButton::clicked, this, [this](bool on) { clicking_.set_on("everywhere", on); });
  connect(uncertainty_, &QToolButton::clicked, this, [this](bool on) { clicking_.set_on("uncertainty", on); });
  connect(next_, &QToolButton::clicked, this, [this] {
    clicking_.propagate();
    Q_EMIT next_slice_shown();
  });
  connect(volume_, &QToolButton::clicked, this, [this](bool on) { clicking_.set_volume(on); });
  connect(accept_, &QToolButton::clicked, this, [this] { clicking_.accept(); });
  connect(&clicking_, &InteractionController::active_changed, this, &ClickBar::refresh);
  connect(&clicking_, &InteractionController::clicks_changed, this, &ClickBar::refresh);
  refresh();
}

QToolButton* ClickBar::add(const QString& text, const char* name, const QString& tip, bool checkable) {
  auto* const made = new QToolButton;
  made->setText(text);
  made->setObjectName(QString::fromLatin1(name));
  made->setToolTip(tip);
  made->setCheckable(checkable);
  layout()->addWidget(made);
  return made;
}

void ClickBar::refresh() {
  setVisible(clicking_.active());
  if (!clicking_.active()) return;
  const auto can = clicking_.abilities();
  everywhere_->setVisible(can.everywhere);
  uncertainty_->setVisible(can.uncertainty);
  next_->setVisible(can.next_slice);
  volume_->setVisible(can.volume);
  everywhere_->setChecked(clicking_.is_on("everywhere"));
  uncertainty_->setChecked(clicking_.is_on("uncertainty"));
  volume_->setChecked(can.volume && clicking_.is_volume());
  next_->setEnabled(!volume_->isChecked());
  undo_->setEnabled(clicking_.clicks() > 0);
  accept_->setEnabled(clicking_.clicks() > 0);
  const auto count = clicking_.clicks();
  QString words = count == 1 ? tr("1 click") : tr("%1 clicks").arg(count);
  if (clicking_.waiting())
    words += tr(", working ...");
  else if (count > 0 && clicking_.last_answer_ms() > 0)
    words += tr(", answered in %1 ms").arg(clicking_.last_answer_ms(), 0, 'f', 0);
  words_->setText(words);
}

}  // namespace iso::gui
