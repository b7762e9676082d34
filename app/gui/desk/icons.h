#pragma once

#include <QIcon>
#include <QString>

class QWidget;

namespace iso::gui {

/// A symbol of `resources/icons` in the colour of the window's text, which follows the theme. Empty if it is not there.
[[nodiscard]] QIcon make_icon(const QString& name);

}  // namespace iso::gui
