#pragma once

#include <QObject>

#include <functional>

class QKeyEvent;
class QWidget;

namespace iso::gui {

/// Keeps the hand from doing what it did not mean, in the whole program: the wheel scrolls panels and changes a field only after a
/// click into it, and keys of the views work wherever the focus is, except where text is typed.
class SafeHands : public QObject {
  Q_OBJECT
 public:
  /// `view` is the view that keys go to; null for none.
  SafeHands(QWidget& window, std::function<QWidget*()> view);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  [[nodiscard]] bool passes_on(QWidget& focus, QKeyEvent& event);
  QWidget& window_;
  std::function<QWidget*()> view_;
  bool passing_{false};
};

}  // namespace iso::gui
