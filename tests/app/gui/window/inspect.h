#pragma once

#include <QString>
#include <QStringList>

#include <functional>

class QWidget;

namespace iso::gui::test {

/// One line for every text that is cut off: labels, buttons, boxes, tabs, table heads and cells, dock titles, form pages that
/// would have to be scrolled sideways, controls that stick out of what holds them. A text may be shortened where a tool tip
/// has it whole (file names). Looks at what is visible.
[[nodiscard]] QStringList clipped_texts(QWidget& root);

/// One line for every visible control that no key leads to: neither in the tab order nor an action of a menu.
[[nodiscard]] QStringList controls_without_keys(QWidget& root);

/// One line for every visible control that a screen reader could not name.
[[nodiscard]] QStringList controls_without_names(QWidget& root);

/// One line for every shortcut that two enabled actions of the window share: Qt then triggers neither.
[[nodiscard]] QStringList shortcuts_used_twice(QWidget& root);

/// Triggers every action whose text ends in "..." and every one of Help, hands each dialog or window that comes up to `look`,
/// and closes it. File dialogs are Qt's own and are only closed. Returns the titles seen.
QStringList for_each_dialog(QWidget& window, const std::function<void(QWidget& dialog, const QString& action)>& look);

}  // namespace iso::gui::test
