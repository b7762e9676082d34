#include "safe_hands.h"

#include "gui/presenters/view_actions.h"
#include "gui/views/key_text.h"

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractSpinBox>
#include <QApplication>
#include <QComboBox>
#include <QKeyEvent>
#include <QKeySequenceEdit>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QSlider>
#include <QTabBar>
#include <QTextEdit>

namespace iso::gui {
namespace {

/// The field that a wheel over this widget would change; null if none.
QWidget* wheel_field(QWidget* widget) {
  for (; widget != nullptr && !widget->isWindow(); widget = widget->parentWidget()) {
    if (qobject_cast<QAbstractSpinBox*>(widget) != nullptr || qobject_cast<QComboBox*>(widget) != nullptr ||
        qobject_cast<QTabBar*>(widget) != nullptr)
      return widget;
    if (auto* const slider = qobject_cast<QSlider*>(widget)) return slider;
    if (qobject_cast<QAbstractItemView*>(widget) != nullptr) return nullptr;  // its scroll bars may be turned
  }
  return nullptr;
}

bool takes_text(const QWidget& widget) {
  if (qobject_cast<const QLineEdit*>(&widget) != nullptr || qobject_cast<const QAbstractSpinBox*>(&widget) != nullptr ||
      qobject_cast<const QKeySequenceEdit*>(&widget) != nullptr)
    return true;
  if (const auto* const box = qobject_cast<const QComboBox*>(&widget)) return box->isEditable();
  if (const auto* const text = qobject_cast<const QTextEdit*>(&widget)) return !text->isReadOnly();
  const auto* const plain = qobject_cast<const QPlainTextEdit*>(&widget);
  return plain != nullptr && !plain->isReadOnly();
}

constexpr const char* own_keys = "own_keys";  ///< of a view with letters and digits of its own: the 3-D view

bool is_character(const QKeyEvent& event) {
  const int key = event.key();
  return key > Qt::Key_Space && key <= Qt::Key_AsciiTilde &&
         !(event.modifiers() & (Qt::ControlModifier | Qt::AltModifier | Qt::MetaModifier));
}

}  // namespace

SafeHands::SafeHands(QWidget& window, std::function<QWidget*()> view)
    : QObject{&window}, window_{window}, view_{std::move(view)} {
  qApp->installEventFilter(this);
}

bool SafeHands::eventFilter(QObject* watched, QEvent* event) {
  auto* const widget = qobject_cast<QWidget*>(watched);
  if (widget == nullptr) return false;
  if (event->type() == QEvent::Polish && widget->focusPolicy() == Qt::WheelFocus) {
    widget->setFocusPolicy(Qt::StrongFocus);  // a wheel over it leaves the focus where it was
  } else if (event->type() == QEvent::Wheel) {
    QWidget* const field = wheel_field(widget);
    const bool inside = field != nullptr && field->hasFocus() && qobject_cast<QTabBar*>(field) == nullptr;
    if (field == nullptr || inside) return false;
    event->ignore();  // the panel that it lies in scrolls
    return true;
  } else if (event->type() == QEvent::KeyPress && !passing_ && widget->window() == &window_ &&
             (widget == window_.focusWidget() || widget == &window_)) {
    return passes_on(*widget, *static_cast<QKeyEvent*>(event));
  }
  return false;
}

/// Letters and digits go to the view from everywhere but text; the keys that move in a list or press a button stay there.
bool SafeHands::passes_on(QWidget& focus, QKeyEvent& event) {
  QWidget* const view = view_();
  if (view == nullptr || &focus == view || takes_text(focus) || focus.property(own_keys).toBool()) return false;
  const bool nobody = &focus == &window_;  // the widget that had the focus is gone
  if (!nobody && !is_character(event)) return false;
  if (view_action_for(key_text(event)) == nullptr) return false;
  passing_ = true;
  QKeyEvent copy{event.type(), event.key(), event.modifiers(), event.text(), event.isAutoRepeat()};
  QApplication::sendEvent(view, &copy);
  passing_ = false;
  return true;
}

}  // namespace iso::gui
