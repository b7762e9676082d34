#pragma once

#include <QKeySequence>
#include <QList>

#include <string>
#include <vector>

class QKeyEvent;

namespace iso::gui {

[[nodiscard]] std::string key_text(const QKeySequence& key);  ///< portable form
/// Which key was struck: the keypad, and the shift that some keyboards need for "+", are no part of it.
[[nodiscard]] std::string key_text(const QKeyEvent& event);
[[nodiscard]] QList<QKeySequence> key_sequences(const std::vector<std::string>& keys);

}  // namespace iso::gui
