#include "theme.h"

#include <QApplication>
#include <QPalette>
#include <QStyleFactory>

namespace iso::gui {

void make_dark() {
  QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
  QPalette dark;
  dark.setColor(QPalette::Window, QColor{45, 47, 51});
  dark.setColor(QPalette::WindowText, QColor{225, 225, 225});
  dark.setColor(QPalette::Base, QColor{32, 34, 37});
  dark.setColor(QPalette::AlternateBase, QColor{40, 42, 46});
  dark.setColor(QPalette::Text, QColor{225, 225, 225});
  dark.setColor(QPalette::Button, QColor{56, 58, 63});
  dark.setColor(QPalette::ButtonText, QColor{225, 225, 225});
  dark.setColor(QPalette::ToolTipBase, QColor{60, 62, 67});
  dark.setColor(QPalette::ToolTipText, QColor{235, 235, 235});
  dark.setColor(QPalette::Highlight, QColor{52, 111, 178});
  dark.setColor(QPalette::HighlightedText, Qt::white);
  dark.setColor(QPalette::Link, QColor{100, 170, 255});
  dark.setColor(QPalette::PlaceholderText, QColor{140, 140, 140});
  for (const auto role : {QPalette::Text, QPalette::WindowText, QPalette::ButtonText})
    dark.setColor(QPalette::Disabled, role, QColor{125, 125, 125});
  QApplication::setPalette(dark);
}

}  // namespace iso::gui
