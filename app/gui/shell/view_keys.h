#pragma once

#include "gui/presenters/keys.h"
#include "gui/views/key_text.h"

#include <QObject>

namespace iso::gui {

/// Makes the keys of the views editable: the views know the keys of `view_actions`, and this turns the key that the user chose into them before
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
