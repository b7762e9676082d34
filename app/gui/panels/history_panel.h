#pragma once

#include "gui/model/undo_stack.h"

#include <QWidget>

class QLabel;
class QListWidget;

namespace iso::gui {

/// The named steps; a click goes back or forward to one. The memory they keep is shown against its budget.
class HistoryPanel : public QWidget {
  Q_OBJECT
 public:
  explicit HistoryPanel(UndoStack& stack, QWidget* parent = nullptr);

 private:
  void rebuild();
  UndoStack& stack_;
  QListWidget* list_;
  QLabel* memory_;
  bool filling_{false};
  Signal<>::Connection connection_;
};

}  // namespace iso::gui
