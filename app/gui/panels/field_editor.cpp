#include "field_editor.h"

#include "gui/model/words.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QToolButton>
#include <QVBoxLayout>

namespace iso::gui {

FieldEditor::FieldEditor(TaskForm& form, std::size_t field, QWidget* parent)
    : QWidget{parent}, form_{form}, field_{field}, problem_{new QLabel{this}}, zero_{new QLabel{this}} {
  const params::FieldInfo& info = state().info;
  auto* const column = new QVBoxLayout{this};
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(1);
  auto* const row = new QHBoxLayout;
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(5);
  editor_ = make_editor();
  editor_->setAccessibleName(QString::fromStdString(info.label));
  editor_->setObjectName(QString::fromStdString(info.name));
  setFocusProxy(editor_);
  row->addWidget(editor_, 1);
  const QString unit_words = QString::fromStdString(info.unit);
  const QStringList label_words = QString::fromStdString(info.label).split(QLatin1Char(' '));
  const bool repeats = label_words.contains(unit_words, Qt::CaseInsensitive);  // "Iterations ... iterations"
  if (!info.unit.empty() && info.unit != "1" && !repeats) {
    auto* const unit = new QLabel{unit_words, this};
    unit->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Preferred);
    row->addWidget(unit);
  }
  auto* const reset = new QToolButton{this};
  reset->setText(QStringLiteral("\u21ba"));
  reset->setAutoRaise(true);
  reset->setToolTip(tr("Back to %1").arg(QString::fromStdString(params::to_text(info.default_value))));
  reset->setAccessibleName(tr("Reset %1").arg(QString::fromStdString(info.label)));
  connect(reset, &QToolButton::clicked, this, [this] { form_.reset(state().info.name); });
  row->addWidget(reset);
  column->addLayout(row);
  problem_->setWordWrap(true);
  problem_->setObjectName(QStringLiteral("problem"));
  problem_->setStyleSheet(QStringLiteral("color: #e06c5c"));
  column->addWidget(problem_);
  static const QRegularExpression of_zero{QStringLiteral("(?:^|[\\s(])0: ([^.;]+)")};
  meaning_ = of_zero.match(QString::fromStdString(info.help)).captured(1).trimmed();
  zero_->setObjectName(QStringLiteral("zero"));
  zero_->setWordWrap(true);
  zero_->setForegroundRole(QPalette::PlaceholderText);
  zero_->setText(tr("0: %1").arg(meaning_));
  column->addWidget(zero_);
  QString help = QString::fromStdString(info.help);
  if (info.minimum && info.maximum) help += tr("\nFrom %1 to %2.").arg(*info.minimum).arg(*info.maximum);
  setToolTip(help);
  refresh();
}

const TaskForm::FieldState& FieldEditor::state() const { return form_.fields()[field_]; }

void FieldEditor::edited(const QString& text) {
  if (!filling_) form_.set(state().info.name, text.toStdString());
}

QWidget* FieldEditor::make_editor() {
  const params::FieldInfo& info = state().info;
  if (info.kind == params::FieldKind::boolean) {
    auto* const box = new QCheckBox{QString::fromStdString(info.label), this};
    connect(box, &QCheckBox::toggled, this,
            [this](bool on) { edited(on ? QStringLiteral("true") : QStringLiteral("false")); });
    return box;
  }
  if (info.kind == params::FieldKind::choice) {
    auto* const box = new QComboBox{this};
    box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    box->setMinimumContentsLength(8);
    for (const std::string& choice : info.choices)
      box->addItem(QString::fromStdString(to_words(choice)), QString::fromStdString(choice));
    connect(box, &QComboBox::currentIndexChanged, this,
            [this, box](int index) { edited(box->itemData(index).toString()); });
    return box;
  }
  auto* const line = new QLineEdit{this};
  line->setMinimumWidth(70);
  line->setClearButtonEnabled(info.kind == params::FieldKind::text);
  connect(line, &QLineEdit::textEdited, this, [this](const QString& text) { edited(text); });
  if (info.kind != params::FieldKind::path) return line;
  auto* const action = line->addAction(style()->standardIcon(QStyle::SP_DirOpenIcon), QLineEdit::TrailingPosition);
  action->setToolTip(tr("Choose a file (Alt+Down)"));
  action->setShortcut(QKeySequence{Qt::ALT | Qt::Key_Down});
  action->setShortcutContext(Qt::WidgetShortcut);
  connect(action, &QAction::triggered, this, [this, line] {
    const QString file = QFileDialog::getOpenFileName(this, tr("Choose a file"), line->text());
    if (file.isEmpty()) return;
    line->setText(file);
    edited(file);
  });
  return line;
}

void FieldEditor::refresh() {
  filling_ = true;
  const QString text = QString::fromStdString(state().text);
  if (auto* const box = qobject_cast<QCheckBox*>(editor_))
    box->setChecked(text == QStringLiteral("true"));
  else if (auto* const combo = qobject_cast<QComboBox*>(editor_))
    combo->setCurrentIndex(combo->findData(text));
  else if (auto* const line = qobject_cast<QLineEdit*>(editor_); line != nullptr && line->text() != text)
    line->setText(text);
  problem_->setText(QString::fromStdString(state().problem));
  problem_->setVisible(!state().problem.empty());
  zero_->setVisible(!meaning_.isEmpty() && state().problem.empty() && text == QStringLiteral("0"));
  if (auto* const line = qobject_cast<QLineEdit*>(editor_))
    line->setStyleSheet(state().problem.empty() ? QString{} : QStringLiteral("border: 1px solid #e06c5c"));
  editor_->setAccessibleDescription(problem_->text());
  filling_ = false;
}

}  // namespace iso::gui
