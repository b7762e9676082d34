#pragma once

#include "gui/presenters/keys.h"
#include "gui/views/key_text.h"

#include <QObject>

namespace iso::gui {

/// Event filter that makes the keys of the views configurable: it replaces the key that the user chose by the default key of
/// `view_actions`, which the view handles. A default key that now belongs to another action does nothing.
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
