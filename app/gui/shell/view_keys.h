#pragma once

#include "gui/presenters/keys.h"

#include <QKeySequence>
#include <QObject>

class QKeyEvent;

namespace iso::gui {

[[nodiscard]] std::string key_text(const QKeySequence& key);  ///< portable form
[[nodiscard]] QList<QKeySequence> key_sequences(const std::vector<std::string>& keys);

/// Makes the keys of the views editable: the views know fixed keys, and this turns the key that the user chose into them before
/// a view sees it. A fixed key that was given away does nothing.
class ViewKeys : public QObject {
  Q_OBJECT
 public:
  explicit ViewKeys(KeyTable& table, QObject* parent = nullptr);  ///< adds the keys of the views to the table
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  KeyTable& table_;
  bool passing_{false};
};

}  // namespace iso::gui
