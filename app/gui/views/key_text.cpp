#include "key_text.h"

#include <QKeyEvent>

namespace iso::gui {

std::string key_text(const QKeySequence& key) { return key.toString(QKeySequence::PortableText).toStdString(); }

std::string key_text(const QKeyEvent& event) {
  auto modifiers = event.modifiers() & ~Qt::KeyboardModifiers{Qt::KeypadModifier};
  if (event.key() == Qt::Key_Plus) modifiers &= ~Qt::KeyboardModifiers{Qt::ShiftModifier};
  return key_text(QKeySequence{QKeyCombination{modifiers, static_cast<Qt::Key>(event.key())}});
}

QList<QKeySequence> key_sequences(const std::vector<std::string>& keys) {
  QList<QKeySequence> all;
  for (const std::string& key : keys)
    all << QKeySequence::fromString(QString::fromStdString(key), QKeySequence::PortableText);
  return all;
}

}  // namespace iso::gui
