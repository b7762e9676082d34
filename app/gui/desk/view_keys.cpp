#include "view_keys.h"

#include "gui/presenters/view_actions.h"

#include <QApplication>
#include <QKeyEvent>

#include <algorithm>

namespace iso::gui {

ViewKeys::ViewKeys(KeyTable& table, QObject* parent) : QObject{parent}, table_{table} {
  const std::string group = tr("Slices").toStdString();
  for (const ViewAction& action : view_actions())
    table_.add(action.id, tr(action.text.c_str()).toStdString(), group, action.keys);
}

bool ViewKeys::eventFilter(QObject* watched, QEvent* event) {
  if (passing_ || event->type() != QEvent::KeyPress) return QObject::eventFilter(watched, event);
  const auto& pressed = *static_cast<QKeyEvent*>(event);
  const std::string key = key_text(pressed);
  const KeyAction* const user = table_.find_by_key(key);
  const auto fixed_for = [&](const KeyAction& action) {
    return std::ranges::find(action.defaults, key) != action.defaults.end();
  };
  if (user != nullptr && !fixed_for(*user) && !user->defaults.empty() && user->group == tr("Slices").toStdString()) {
    const QKeyCombination fixed = key_sequences({user->defaults.front()}).front()[0];
    QKeyEvent stand_in{QEvent::KeyPress, fixed.key(), fixed.keyboardModifiers(), QString{}, pressed.isAutoRepeat()};
    passing_ = true;
    QApplication::sendEvent(watched, &stand_in);
    passing_ = false;
    return true;
  }
  // One of the fixed keys whose action was given others.
  return user == nullptr && std::ranges::any_of(table_.actions(), fixed_for);
}

}  // namespace iso::gui
