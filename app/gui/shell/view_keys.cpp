#include "view_keys.h"

#include "render/scene/display.h"

#include <QApplication>
#include <QKeyEvent>

#include <algorithm>

namespace iso::gui {
namespace {

struct Fixed {
  const char *id, *text;
  std::vector<std::string> keys;  ///< as the views know them
};

// What `SliceView::keyPressEvent` understands. In a volume with time, Left and Right step in time.
std::vector<Fixed> fixed_keys() {
  std::vector<Fixed> keys{
      {"slice.next", QT_TRANSLATE_NOOP("iso::gui::ViewKeys", "Next slice"), {"Up", "F", "PgUp"}},
      {"slice.previous", QT_TRANSLATE_NOOP("iso::gui::ViewKeys", "Previous slice"), {"Down", "B", "PgDown"}},
      {"slice.right", QT_TRANSLATE_NOOP("iso::gui::ViewKeys", "Next slice, or next time"), {"Right"}},
      {"slice.left", QT_TRANSLATE_NOOP("iso::gui::ViewKeys", "Previous slice, or previous time"), {"Left"}},
      {"slice.next_five", QT_TRANSLATE_NOOP("iso::gui::ViewKeys", "Five slices on"), {"Shift+PgUp"}},
      {"slice.previous_five", QT_TRANSLATE_NOOP("iso::gui::ViewKeys", "Five slices back"), {"Shift+PgDown"}},
      {"slice.first", QT_TRANSLATE_NOOP("iso::gui::ViewKeys", "First slice"), {"Home"}},
      {"slice.last", QT_TRANSLATE_NOOP("iso::gui::ViewKeys", "Last slice"), {"End"}},
      {"slice.fit", QT_TRANSLATE_NOOP("iso::gui::ViewKeys", "Fit the picture"), {"R", "Space"}},
      {"slice.invert", QT_TRANSLATE_NOOP("iso::gui::ViewKeys", "Invert the grey levels"), {"I"}},
      {"slice.mirror", QT_TRANSLATE_NOOP("iso::gui::ViewKeys", "Mirror left and right"), {"H"}},
      {"slice.upside_down", QT_TRANSLATE_NOOP("iso::gui::ViewKeys", "Mirror up and down"), {"V"}},
      {"slice.crosshair", QT_TRANSLATE_NOOP("iso::gui::ViewKeys", "Crosshair on or off"), {"X"}},
      {"slice.annotations", QT_TRANSLATE_NOOP("iso::gui::ViewKeys", "Annotations on or off"), {"Shift+X"}},
      {"overlay.more", QT_TRANSLATE_NOOP("iso::gui::ViewKeys", "Overlay more opaque"), {"E"}},
      {"overlay.less", QT_TRANSLATE_NOOP("iso::gui::ViewKeys", "Overlay less opaque"), {"Q"}},
      {"overlay.shown", QT_TRANSLATE_NOOP("iso::gui::ViewKeys", "Overlay on or off"), {"W"}},
      {"labels.less", QT_TRANSLATE_NOOP("iso::gui::ViewKeys", "Labels less opaque"), {"A"}},
      {"labels.more", QT_TRANSLATE_NOOP("iso::gui::ViewKeys", "Labels more opaque"), {"D"}},
      {"labels.shown", QT_TRANSLATE_NOOP("iso::gui::ViewKeys", "Labels on or off"), {"S", "G"}},
      {"brush.larger", QT_TRANSLATE_NOOP("iso::gui::ViewKeys", "Larger brush"), {"+"}},
      {"brush.smaller", QT_TRANSLATE_NOOP("iso::gui::ViewKeys", "Smaller brush"), {"-"}}};
  return keys;
}

QString words_of_preset(char key) {
  for (const render::WindowPreset& preset : render::window_presets())
    if (preset.key == key)
      return QObject::tr("Window %1; label %2 while painting")
          .arg(QString::fromLatin1(preset.name.data(), static_cast<qsizetype>(preset.name.size())))
          .arg(QLatin1Char(key));
  return QObject::tr("Window automatic");
}

QKeyCombination combination_of(const QKeyEvent& event) {
  // The shift of "+" and the keypad are part of how a key is struck, not of which key it is.
  auto modifiers = event.modifiers() & ~Qt::KeyboardModifiers{Qt::KeypadModifier};
  if (event.key() == Qt::Key_Plus) modifiers &= ~Qt::KeyboardModifiers{Qt::ShiftModifier};
  return QKeyCombination{modifiers, static_cast<Qt::Key>(event.key())};
}

}  // namespace

std::string key_text(const QKeySequence& key) { return key.toString(QKeySequence::PortableText).toStdString(); }

QList<QKeySequence> key_sequences(const std::vector<std::string>& keys) {
  QList<QKeySequence> all;
  for (const std::string& key : keys)
    all << QKeySequence::fromString(QString::fromStdString(key), QKeySequence::PortableText);
  return all;
}

ViewKeys::ViewKeys(KeyTable& table, QObject* parent) : QObject{parent}, table_{table} {
  const std::string group = tr("Slices").toStdString();
  for (Fixed& fixed : fixed_keys()) table_.add(fixed.id, tr(fixed.text).toStdString(), group, std::move(fixed.keys));
  for (char key = '0'; key <= '9'; ++key)
    table_.add(std::string{"window."} + key, words_of_preset(key).toStdString(), group, {std::string{key}});
}

bool ViewKeys::eventFilter(QObject* watched, QEvent* event) {
  if (passing_ || event->type() != QEvent::KeyPress) return QObject::eventFilter(watched, event);
  const auto& pressed = *static_cast<QKeyEvent*>(event);
  const std::string key = key_text(QKeySequence{combination_of(pressed)});
  const KeyAction* const user = table_.user_of(key);
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
