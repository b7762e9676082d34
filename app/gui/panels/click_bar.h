#pragma once

#include <QWidget>

class QLabel;
class QToolButton;

namespace iso::gui {

class InteractionController;

/// What can be done while clicking, above the views: only there while an interactive segmentation runs, and only what its
/// method can do.
class ClickBar : public QWidget {
  Q_OBJECT
 public:
  explicit ClickBar(InteractionController& clicking, QWidget* parent = nullptr);

 Q_SIGNALS:
  void next_slice_shown();  ///< the labels went on to the slice beside: show it
  void open_asked();        ///< a click log
  void save_asked();

 private:
  QToolButton* add(const QString& text, const char* name, const QString& tip, bool checkable = false);
  void refresh();
  InteractionController& clicking_;
  QLabel* words_;
  QToolButton *undo_, *everywhere_, *uncertainty_, *next_, *volume_, *accept_, *log_;
};

}  // namespace iso::gui
