#pragma once

#include "gui/presenters/keys.h"

#include <QWidget>

#include <string>

class QKeySequenceEdit;
class QLabel;
class QLineEdit;
class QPushButton;
class QTreeWidget;
class QTreeWidgetItem;

namespace iso::gui {

/// Editor of the keyboard shortcuts. A key that belongs to another action is refused until the user confirms to move it.
class KeysEditor : public QWidget {
  Q_OBJECT
 public:
  explicit KeysEditor(KeyTable& table, QWidget* parent = nullptr);
  void select(const std::string& id);

 private:
  void build();
  void fill();
  void filter(const QString& words);
  void show_selected();
  void key_entered();
  void assign();
  void change_all(const QString& question, const std::function<void()>& what);
  void export_keys();
  void import_keys();
  [[nodiscard]] std::string selected() const;
  KeyTable& table_;
  QLineEdit* search_{nullptr};
  QTreeWidget* tree_{nullptr};
  QKeySequenceEdit* key_{nullptr};
  QLabel* advice_{nullptr};
  QPushButton *assign_{nullptr}, *remove_{nullptr}, *reset_{nullptr};
  Signal<const KeyAction&>::Connection connection_;
};

}  // namespace iso::gui
