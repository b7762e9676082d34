#include "theme.h"

#include <QApplication>
#include <QEvent>
#include <QPalette>
#include <QProxyStyle>
#include <QScopedValueRollback>
#include <QStyleFactory>

#include <utility>

namespace iso::gui {
namespace {

struct Tone {
  QPalette::ColorRole role;
  QColor dark, light;
};

QPalette make_palette(bool dark) {
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

/// Fusion, whose buttons of dialogs have no icons: those of the system are black on our dark, and only some buttons have one.
class Style final : public QProxyStyle {
 public:
  Style() : QProxyStyle{QStyleFactory::create(QStringLiteral("Fusion"))} {}
  int styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget,
                QStyleHintReturn* data) const override {
    return hint == SH_DialogButtonBox_ButtonsHaveIcons ? 0 : QProxyStyle::styleHint(hint, option, widget, data);
  }
};

/// Detects changes of the system's colours: windows get a ThemeChange, the program an ApplicationPaletteChange.
class SystemColours final : public QObject {
 public:
  static SystemColours& of_program() {
    static auto* const only = new SystemColours;  // a child of the program, which it ends with
    return *only;
  }
  void show(Theme theme) {
    theme_ = theme;
    apply();
  }
  [[nodiscard]] bool dark() {
    if (question_) return question_();
    const QScopedValueRollback quiet{own_, true};
    const QPalette ours = QApplication::palette();
    QApplication::setPalette({});  // what is left are the system's
    const bool dark = QApplication::palette().color(QPalette::Window).lightness() < 128;
    QApplication::setPalette(ours);
    return dark;
  }
  void ask(std::function<bool()> question) { question_ = std::move(question); }

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override {
    const bool told =
        event->type() == QEvent::ThemeChange || (event->type() == QEvent::ApplicationPaletteChange && watched == qApp);
    if (told && !own_ && theme_ == Theme::system &&
        !std::exchange(due_, true))  // once for all windows, when they are told
      QMetaObject::invokeMethod(
          this, [this] { apply(); }, Qt::QueuedConnection);
    return false;
  }

 private:
  SystemColours() : QObject{qApp} { qApp->installEventFilter(this); }
  void apply() {
    due_ = false;
    const bool now = theme_ == Theme::system ? dark() : theme_ == Theme::dark;
    const QScopedValueRollback quiet{own_, true};
    QApplication::setPalette(make_palette(now));
  }
  std::function<bool()> question_;
  Theme theme_{Theme::dark};
  bool own_{false}, due_{false};  ///< our own change is under way; another is asked for
};

}  // namespace

Theme theme_from(const QString& name) {
  if (name == QStringLiteral("light")) return Theme::light;
  return name == QStringLiteral("system") ? Theme::system : Theme::dark;
}

QString to_text(Theme theme) {
  if (theme == Theme::light) return QStringLiteral("light");
  return theme == Theme::system ? QStringLiteral("system") : QStringLiteral("dark");
}

void apply_theme(Theme theme) {
  QApplication::setStyle(new Style);
  SystemColours::of_program().show(theme);
}

bool system_is_dark() { return SystemColours::of_program().dark(); }

void set_system_is_dark(std::function<bool()> question) { SystemColours::of_program().ask(std::move(question)); }

void make_dark() { apply_theme(Theme::dark); }

}  // namespace iso::gui
