#include "preset_bar.h"

#include "iso/base/error.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QInputDialog>
#include <QLabel>
#include <QMessageBox>
#include <QSignalBlocker>
#include <QToolButton>

namespace iso::gui {
namespace {

constexpr int defaults = -1, own_values = -2;  ///< data of the rows that are no preset

QToolButton* tool(const QString& text, const QString& tip) {
  auto* const button = new QToolButton;
  button->setText(text);
  button->setToolTip(tip);
  button->setAccessibleName(tip);
  return button;
}

}  // namespace

PresetBar::PresetBar(Presets& presets, QWidget* parent)
    : QWidget{parent},
      presets_{presets},
      choice_{new QComboBox},
      save_{tool(tr("Save"), tr("Save these parameters as a preset"))},
      remove_{tool(QStringLiteral("\u2715"), tr("Remove this preset"))},
      reset_{tool(QStringLiteral("\u21ba"), tr("All parameters back to their defaults"))} {
  auto* const row = new QHBoxLayout{this};
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(3);
  auto* const label = new QLabel{tr("Preset")};
  label->setBuddy(choice_);
  choice_->setAccessibleName(tr("Preset"));
  choice_->setObjectName(QStringLiteral("preset"));
  choice_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  choice_->setMinimumContentsLength(8);
  row->addWidget(label);
  row->addWidget(choice_, 1);
  for (QToolButton* button : {save_, remove_, reset_}) row->addWidget(button);
  connect(choice_, &QComboBox::activated, this, &PresetBar::apply);
  connect(save_, &QToolButton::clicked, this, &PresetBar::ask_name);
  connect(remove_, &QToolButton::clicked, this, &PresetBar::remove);
  connect(reset_, &QToolButton::clicked, this, [this] {
    if (form_ != nullptr) form_->reset_all();
  });
}

void PresetBar::set_form(TaskForm* form) {
  form_ = form;
  if (form_ != nullptr) read();
}

void PresetBar::read() {
  const QSignalBlocker quiet{choice_};
  list_ = presets_.of(form_->task().id);
  choice_->clear();
  choice_->addItem(tr("Defaults"), defaults);
  for (std::size_t i = 0; i < list_.size(); ++i) {
    choice_->addItem(QString::fromStdString(list_[i].name), static_cast<int>(i));
    const QString tip = QString::fromStdString(list_[i].comment);
    choice_->setItemData(choice_->count() - 1, list_[i].own ? tr("Your own") : tip, Qt::ToolTipRole);
  }
  for (const std::string& sentence : presets_.problems()) Q_EMIT problem(QString::fromStdString(sentence), {});
  refresh();
}

void PresetBar::refresh() {
  if (form_ == nullptr) return;
  const QSignalBlocker quiet{choice_};
  const Preset* const kept = chosen();  // of two that are alike the one that was chosen stays
  int row = form_->holds_preset("{}") ? 0 : -1;
  for (std::size_t i = 0; i < list_.size(); ++i)
    if (form_->holds_preset(list_[i].parameters_json) && (row < 0 || &list_[i] == kept)) row = static_cast<int>(i) + 1;
  const int last = choice_->findData(own_values);
  if (row >= 0 && last >= 0) choice_->removeItem(last);
  if (row < 0 && last < 0) choice_->addItem(tr("(your values)"), own_values);
  choice_->setCurrentIndex(row >= 0 ? row : choice_->findData(own_values));
  choice_->setToolTip(choice_->currentText());  // a long name is cut off in the box
  const Preset* const now = chosen();
  remove_->setEnabled(now != nullptr && now->own);
  save_->setEnabled(form_->valid());
  reset_->setEnabled(!form_->holds_preset("{}"));
}

const Preset* PresetBar::chosen() const {
  const int row = choice_->currentData().isValid() ? choice_->currentData().toInt() : defaults;
  return row >= 0 && static_cast<std::size_t>(row) < list_.size() ? &list_[static_cast<std::size_t>(row)] : nullptr;
}

void PresetBar::apply(int row) {
  const int which = choice_->itemData(row).toInt();
  if (form_ == nullptr || which == own_values) return;
  try {
    form_->take_preset(which == defaults ? "{}" : list_.at(static_cast<std::size_t>(which)).parameters_json);
  } catch (const Error& failure) {
    Q_EMIT problem(QString::fromUtf8(failure.what()), QString::fromStdString(failure.hint()));
  }
}

void PresetBar::choose(const QString& name) {
  const int row = choice_->findText(name);
  if (row < 0) return;
  choice_->setCurrentIndex(row);
  apply(row);
}

bool PresetBar::save_as(const QString& name) {
  if (form_ == nullptr) return false;
  try {
    (void)presets_.save(form_->task().id, name.trimmed().toStdString(), form_->parameters_json(), true);
  } catch (const Error& failure) {
    Q_EMIT problem(QString::fromUtf8(failure.what()), QString::fromStdString(failure.hint()));
    return false;
  }
  read();
  choose(name.trimmed());
  return true;
}

void PresetBar::ask_name() {
  bool good = false;
  const QString name = QInputDialog::getText(this, tr("Save a preset"), tr("Name of the preset"), QLineEdit::Normal,
                                             chosen() != nullptr ? choice_->currentText() : QString{}, &good)
                           .trimmed();
  if (!good || form_ == nullptr) return;
  if (presets_.exists(form_->task().id, name.toStdString()) &&
      QMessageBox::question(this, tr("Save a preset"), tr("There is a preset '%1'. Replace it?").arg(name)) !=
          QMessageBox::Yes)
    return;
  save_as(name);
}

void PresetBar::remove() {
  const Preset* const preset = chosen();
  if (preset == nullptr || !preset->own) return;
  try {
    presets_.remove(*preset);
  } catch (const Error& failure) {
    Q_EMIT problem(QString::fromUtf8(failure.what()), QString::fromStdString(failure.hint()));
  }
  read();
}

}  // namespace iso::gui
