#include "keys_editor.h"

#include "gui/desk/view_keys.h"

#include "iso/base/error.h"
#include "iso/base/file_replacement.h"
#include "iso/base/text_file.h"

#include <QFileDialog>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeySequenceEdit>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace iso::gui {
namespace {

constexpr int id_role = Qt::UserRole;

QString shown_keys(const std::vector<std::string>& keys) {
  QStringList words;
  for (const QKeySequence& key : key_sequences(keys)) words << key.toString(QKeySequence::NativeText);
  return words.join(QStringLiteral(",  "));
}

}  // namespace

KeysEditor::KeysEditor(KeyTable& table, QWidget* parent) : QWidget{parent}, table_{table} {
  build();
  fill();
  connection_ = table_.changed.connect([this](const KeyAction& action) {
    for (QTreeWidgetItem* item : tree_->findItems(QStringLiteral("*"), Qt::MatchWildcard | Qt::MatchRecursive))
      if (item->data(0, id_role).toString().toStdString() == action.id) item->setText(1, shown_keys(action.keys));
    show_selected();
  });
  show_selected();
}

void KeysEditor::build() {
  auto* const column = new QVBoxLayout{this};
  search_ = new QLineEdit;
  search_->setObjectName(QStringLiteral("keys.search"));
  search_->setPlaceholderText(tr("Find an action or a key"));
  search_->setAccessibleName(search_->placeholderText());
  search_->setClearButtonEnabled(true);
  tree_ = new QTreeWidget;
  tree_->setObjectName(QStringLiteral("keys.tree"));
  tree_->setAccessibleName(tr("Actions and their keys"));
  tree_->setHeaderLabels({tr("Action"), tr("Keys"), tr("As delivered")});
  tree_->header()->setStretchLastSection(true);
  auto* const row = new QHBoxLayout;
  key_ = new QKeySequenceEdit;
  key_->setObjectName(QStringLiteral("keys.key"));
  key_->setAccessibleName(tr("New key of the action"));
  auto* const label = new QLabel{tr("New &key")};
  label->setBuddy(key_);
  row->addWidget(label);
  row->addWidget(key_, 1);
  const auto button = [&](QHBoxLayout* to, const char* name, const QString& words, auto what) {
    auto* const made = new QPushButton{words};
    made->setObjectName(QString::fromLatin1(name));
    made->setAutoDefault(false);
    connect(made, &QPushButton::clicked, this, what);
    to->addWidget(made);
    return made;
  };
  assign_ = button(row, "keys.assign", tr("&Assign"), [this] { assign(); });
  remove_ = button(row, "keys.remove", tr("&No key"), [this] { table_.assign(selected(), {}); });
  reset_ = button(row, "keys.reset", tr("&Reset"), [this] { table_.reset(selected()); });
  advice_ = new QLabel;
  advice_->setObjectName(QStringLiteral("keys.advice"));
  advice_->setWordWrap(true);
  auto* const below = new QHBoxLayout;
  below->addStretch(1);
  button(below, "keys.reset_all", tr("Reset a&ll ..."), [this] {
    change_all(tr("Give every action the keys it was delivered with?"), [this] { table_.reset_all(); });
  });
  button(below, "keys.import", tr("&Import ..."), [this] { import_keys(); });
  button(below, "keys.export", tr("&Export ..."), [this] { export_keys(); });
  column->addWidget(search_);
  column->addWidget(tree_, 1);
  column->addLayout(row);
  column->addWidget(advice_);
  column->addLayout(below);
  connect(search_, &QLineEdit::textChanged, this, &KeysEditor::filter);
  connect(tree_, &QTreeWidget::currentItemChanged, this, [this] { show_selected(); });
  connect(key_, &QKeySequenceEdit::keySequenceChanged, this, [this] { key_entered(); });
}

void KeysEditor::fill() {
  std::map<std::string, QTreeWidgetItem*> groups;
  for (const KeyAction& action : table_.actions()) {
    QTreeWidgetItem*& group = groups[action.group];
    if (group == nullptr) {
      group = new QTreeWidgetItem{tree_, {QString::fromStdString(action.group)}};
      group->setFlags(Qt::ItemIsEnabled);
      group->setFirstColumnSpanned(true);
    }
    auto* const item = new QTreeWidgetItem{
        group, {QString::fromStdString(action.text), shown_keys(action.keys), shown_keys(action.defaults)}};
    item->setData(0, id_role, QString::fromStdString(action.id));
  }
  tree_->expandAll();
  tree_->resizeColumnToContents(0);
  tree_->setColumnWidth(0, std::min(tree_->columnWidth(0), 320));
  tree_->setColumnWidth(1, 160);
}

void KeysEditor::filter(const QString& words) {
  for (int g = 0; g < tree_->topLevelItemCount(); ++g) {
    QTreeWidgetItem* const group = tree_->topLevelItem(g);
    bool any = false;
    for (int i = 0; i < group->childCount(); ++i) {
      QTreeWidgetItem* const item = group->child(i);
      const bool found =
          item->text(0).contains(words, Qt::CaseInsensitive) || item->text(1).contains(words, Qt::CaseInsensitive);
      item->setHidden(!found);
      any = any || found;
    }
    group->setHidden(!any);
  }
}

void KeysEditor::select(const std::string& id) {
  for (QTreeWidgetItem* item : tree_->findItems(QStringLiteral("*"), Qt::MatchWildcard | Qt::MatchRecursive))
    if (item->data(0, id_role).toString().toStdString() == id) tree_->setCurrentItem(item);
}

std::string KeysEditor::selected() const {
  const QTreeWidgetItem* const item = tree_->currentItem();
  return item == nullptr ? std::string{} : item->data(0, id_role).toString().toStdString();
}

void KeysEditor::show_selected() {
  const KeyAction* const action = table_.find(selected());
  key_->clear();
  key_->setEnabled(action != nullptr);
  remove_->setEnabled(action != nullptr && !action->keys.empty());
  reset_->setEnabled(action != nullptr && action->keys != action->defaults);
  key_entered();
}

void KeysEditor::key_entered() {
  if (key_->keySequence().count() > 1) {  // one stroke, not a melody
    key_->setKeySequence(QKeySequence{key_->keySequence()[0]});
    return;
  }
  const KeyAction* const action = table_.find(selected());
  const std::string key = key_text(key_->keySequence());
  const KeyAction* const user = key.empty() ? nullptr : table_.find_by_key(key);
  const bool taken = user != nullptr && user != action;
  assign_->setEnabled(action != nullptr && !key.empty() && user != action);
  assign_->setText(taken ? tr("T&ake it over") : tr("&Assign"));
  if (action == nullptr)
    advice_->setText(tr("Choose an action, then press its new key."));
  else if (taken)
    advice_->setText(
        tr("%1 is used by '%2', which would lose it.")
            .arg(key_->keySequence().toString(QKeySequence::NativeText), QString::fromStdString(user->text)));
  else if (user == action && user != nullptr)
    advice_->setText(tr("This is its key already."));
  else
    advice_->setText(key.empty() ? tr("Press the new key of '%1'.").arg(QString::fromStdString(action->text))
                                 : QString{});
}

void KeysEditor::assign() {
  const std::string key = key_text(key_->keySequence());
  if (!selected().empty() && !key.empty()) table_.take_over(selected(), {key});
}

void KeysEditor::change_all(const QString& question, const std::function<void()>& what) {
  if (QMessageBox::question(this, tr("Keys"), question) == QMessageBox::Yes) what();
}

void KeysEditor::export_keys() {
  const QString file =
      QFileDialog::getSaveFileName(this, tr("Export keys"), QStringLiteral("isocenter-keys.json"), tr("Keys (*.json)"));
  if (file.isEmpty()) return;
  try {
    replace_file(file.toStdString(), table_.to_json(), ExistingFile::replace);  // the dialog has asked
  } catch (const Error& failure) {
    advice_->setText(QString::fromUtf8(failure.what()));
  }
}

void KeysEditor::import_keys() {
  const QString file = QFileDialog::getOpenFileName(this, tr("Import keys"), {}, tr("Keys (*.json)"));
  if (file.isEmpty()) return;
  try {
    table_.from_json(read_text_file(file.toStdString()));
  } catch (const Error& failure) {
    advice_->setText(QString::fromUtf8(failure.what()));
  }
}

}  // namespace iso::gui
