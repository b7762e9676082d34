#pragma once

#include <QScreen>
#include <QWidget>

#include <algorithm>

namespace iso::gui {

/// The size wished for, or what the screen has.
inline void fit_screen(QWidget& widget, int width, int height) {
  const QSize room = widget.screen()->availableSize();
  widget.resize(std::min(width, room.width()), std::min(height, room.height()));
}

}  // namespace iso::gui
