#include "theme.h"

#include <QApplication>
#include <QPalette>
#include <QStyleFactory>

namespace iso::gui {
namespace {

struct Tone {
  QPalette::ColorRole role;
  QColor dark, light;
};

QPalette palette_of(bool dark) {
  const Tone tones[]{{QPalette::Window, {45, 47, 51}, {239, 240, 242}},
                     {QPalette::WindowText, {225, 225, 225}, {25, 27, 30}},
                     {QPalette::Base, {32, 34, 37}, {255, 255, 255}},
                     {QPalette::AlternateBase, {40, 42, 46}, {246, 247, 249}},
                     {QPalette::Text, {225, 225, 225}, {25, 27, 30}},
                     {QPalette::Button, {56, 58, 63}, {230, 231, 234}},
                     {QPalette::ButtonText, {225, 225, 225}, {25, 27, 30}},
                     {QPalette::ToolTipBase, {60, 62, 67}, {255, 255, 225}},
                     {QPalette::ToolTipText, {235, 235, 235}, {25, 27, 30}},
                     {QPalette::Highlight, {52, 111, 178}, {52, 111, 178}},
                     {QPalette::HighlightedText, {255, 255, 255}, {255, 255, 255}},
                     {QPalette::Link, {100, 170, 255}, {20, 90, 180}},
                     {QPalette::PlaceholderText, {140, 140, 140}, {120, 120, 120}}};
  QPalette palette{dark ? QColor{56, 58, 63} : QColor{230, 231, 234}};  // shades of frames come from the button
  for (const Tone& tone : tones) palette.setColor(tone.role, dark ? tone.dark : tone.light);
  for (const auto role : {QPalette::Text, QPalette::WindowText, QPalette::ButtonText})
    palette.setColor(QPalette::Disabled, role, dark ? QColor{125, 125, 125} : QColor{150, 150, 150});
  return palette;
}

}  // namespace

Theme theme_from(const QString& name) {
  if (name == QStringLiteral("light")) return Theme::light;
  return name == QStringLiteral("system") ? Theme::system : Theme::dark;
}

QString name_of(Theme theme) {
  if (theme == Theme::light) return QStringLiteral("light");
  return theme == Theme::system ? QStringLiteral("system") : QStringLiteral("dark");
}

void apply_theme(Theme theme) {
  static const bool system_is_dark =
      QApplication::palette().color(QPalette::Window).lightness() < 128;  // before any change
  QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
  QApplication::setPalette(palette_of(theme == Theme::dark || (theme == Theme::system && system_is_dark)));
}

void make_dark() { apply_theme(Theme::dark); }

}  // namespace iso::gui
