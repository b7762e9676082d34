#include "inspect.h"

#include "waiting.h"

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractSlider>
#include <QAbstractSpinBox>
#include <QAccessible>
#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QDialog>
#include <QDockWidget>
#include <QFileDialog>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMainWindow>
#include <QMenu>
#include <QMenuBar>
#include <QPlainTextEdit>
#include <QScrollBar>
#include <QTabBar>
#include <QTest>
#include <QTextEdit>
#include <QTimer>
#include <QToolButton>

#include <map>
#include <set>
#include <utility>

namespace iso::gui::test {
namespace {

QString words_for(const QWidget& widget) {
  QString words = QString::fromLatin1(widget.metaObject()->className());
  for (const QString& part : {widget.objectName(), widget.property("text").toString(), widget.toolTip()})
    if (!part.isEmpty()) words += QStringLiteral(" \"%1\"").arg(part.section(QLatin1Char('\n'), 0, 0));
  for (const QWidget* up = widget.parentWidget(); up != nullptr; up = up->parentWidget())
    if (qobject_cast<const QDockWidget*>(up) != nullptr || up->isWindow())
      return words + QStringLiteral(" in ") +
             (up->windowTitle().isEmpty() ? QString::fromLatin1(up->metaObject()->className()) : up->windowTitle());
  return words;
}

/// Parts that Qt makes inside of its own controls; the control is what counts.
bool is_part(const QWidget& widget) {
  const QWidget* const parent = widget.parentWidget();
  if (widget.objectName().startsWith(QStringLiteral("qt_"))) return true;
  if (qobject_cast<const QScrollBar*>(&widget) != nullptr || qobject_cast<const QHeaderView*>(&widget) != nullptr)
    return true;
  if (parent == nullptr) return false;
  if (widget.inherits("QTableCornerButton") || widget.inherits("QDockWidgetTitleButton")) return true;
  if (qobject_cast<const QTabBar*>(parent) != nullptr) return true;  // its scroll arrows
  return qobject_cast<const QAbstractSpinBox*>(parent) != nullptr ||
         qobject_cast<const QComboBox*>(parent) != nullptr || parent->inherits("QComboBoxPrivateContainer");
}

bool is_control(const QWidget& widget) {
  return qobject_cast<const QAbstractButton*>(&widget) != nullptr ||
         qobject_cast<const QComboBox*>(&widget) != nullptr ||
         qobject_cast<const QAbstractSpinBox*>(&widget) != nullptr ||
         qobject_cast<const QLineEdit*>(&widget) != nullptr ||
         qobject_cast<const QPlainTextEdit*>(&widget) != nullptr ||
         qobject_cast<const QTextEdit*>(&widget) != nullptr ||
         qobject_cast<const QAbstractItemView*>(&widget) != nullptr ||
         qobject_cast<const QAbstractSlider*>(&widget) != nullptr || qobject_cast<const QTabBar*>(&widget) != nullptr ||
         widget.inherits("QOpenGLWidget") || widget.inherits("iso::gui::PlotView") ||
         (widget.focusPolicy() == Qt::StrongFocus && qobject_cast<const QLabel*>(&widget) == nullptr);
}

std::vector<QWidget*> find_controls(QWidget& root) {
  std::vector<QWidget*> controls;
  for (QWidget* widget : root.findChildren<QWidget*>())
    if (widget->isVisible() && widget->window() == root.window() && is_control(*widget) && !is_part(*widget) &&
        qobject_cast<QMenuBar*>(widget) == nullptr && qobject_cast<QMenu*>(widget) == nullptr &&
        !widget->inherits("QScrollArea"))
      controls.push_back(widget);
  return controls;
}

void collect(const QMenu& menu, std::set<const QAction*>& actions) {
  for (const QAction* action : menu.actions()) {
    actions.insert(action);
    if (action->menu() != nullptr) collect(*action->menu(), actions);
  }
}

std::set<const QAction*> menu_actions(const QWidget& root) {
  std::set<const QAction*> actions;
  if (const auto* bar = root.findChild<QMenuBar*>())
    for (const QAction* action : bar->actions())
      if (action->menu() != nullptr) collect(*action->menu(), actions);
  return actions;
}

/// A submenu that fills itself when it opens is asked to.
void fill_menus(QWidget& window) {
  for (QMenu* menu : window.findChildren<QMenu*>()) Q_EMIT menu->aboutToShow();
}

}  // namespace

QStringList controls_without_keys(QWidget& root) {
  std::set<const QWidget*> chain;
  for (const QWidget* at = root.nextInFocusChain(); at != &root && chain.size() < 100000; at = at->nextInFocusChain())
    if ((at->focusPolicy() & Qt::TabFocus) == Qt::TabFocus) {
      chain.insert(at);
      if (at->focusProxy() != nullptr) chain.insert(at->focusProxy());
    }
  const auto in_menus = menu_actions(root);
  QStringList found;
  for (const QWidget* widget : find_controls(root)) {
    if (!widget->isEnabled() || chain.contains(widget)) continue;
    const auto* const tool = qobject_cast<const QToolButton*>(widget);
    if (tool != nullptr && tool->defaultAction() != nullptr && in_menus.contains(tool->defaultAction())) continue;
    if (const auto* button = qobject_cast<const QAbstractButton*>(widget);
        button != nullptr && !button->shortcut().isEmpty())
      continue;
    if (widget->inherits("QLineEditIconButton") && widget->objectName() == QStringLiteral("_q_qlineeditclearaction"))
      continue;
    if (widget->inherits("QLineEditIconButton") && tool != nullptr && tool->defaultAction() != nullptr &&
        (tool->defaultAction()->objectName() == QStringLiteral("_q_qlineeditclearaction") ||
         !tool->defaultAction()->shortcut().isEmpty()))
      continue;  // select all and delete do the same
    found << words_for(*widget);
  }
  return found;
}

QStringList controls_without_names(QWidget& root) {
  QStringList found;
  for (QWidget* widget : find_controls(root)) {
    QAccessibleInterface* const face = QAccessible::queryAccessibleInterface(widget);
    QString name = face == nullptr ? QString{} : face->text(QAccessible::Name);
    if (widget->inherits("QLineEditIconButton") || qobject_cast<QTabBar*>(widget) != nullptr)
      continue;  // tabs have names themselves
    if (std::ranges::none_of(name, [](QChar c) { return c.isLetter(); })) found << words_for(*widget);
  }
  return found;
}

QStringList shortcuts_used_twice(QWidget& root) {
  std::map<QString, QString> users;
  QStringList found;
  for (const QAction* action : root.findChildren<QAction*>())
    for (const QKeySequence& key : action->shortcuts()) {
      if (key.isEmpty() || !action->isEnabled() || action->shortcutContext() == Qt::WidgetShortcut) continue;
      const auto [place, fresh] = users.emplace(key.toString(), action->text());
      if (!fresh) found << QStringLiteral("%1: \"%2\" and \"%3\"").arg(key.toString(), place->second, action->text());
    }
  return found;
}

QStringList for_each_dialog(QWidget& window, const std::function<void(QWidget&, const QString&)>& look) {
  QStringList titles;
  fill_menus(window);
  std::vector<QAction*> asked;
  for (QAction* action : window.findChildren<QAction*>())
    if (action->text().endsWith(QStringLiteral("...")) || action->objectName().startsWith(QStringLiteral("help.")) ||
        action->objectName().startsWith(QStringLiteral("settings.")))
      asked.push_back(action);
  QString asking;
  bool busy = false;  // `look` may run the event loop
  const auto close_all = [&] {
    if (std::exchange(busy, true)) return;
    for (QWidget* top : QApplication::topLevelWidgets()) {
      if (!top->isVisible() || top == &window || qobject_cast<QMenu*>(top) != nullptr ||
          top->windowType() == Qt::ToolTip)
        continue;
      titles << top->windowTitle();
      if (qobject_cast<QFileDialog*>(top) == nullptr) look(*top, asking);
      auto* const dialog = qobject_cast<QDialog*>(top);
      dialog != nullptr ? dialog->reject() : void(top->close());
    }
    busy = false;
  };
  QTimer closing;  // dialogs that hold the action up are seen from inside their own loop
  closing.setInterval(250);
  QObject::connect(&closing, &QTimer::timeout, close_all);
  for (QAction* action : asked) {
    if (!action->isEnabled()) continue;
    asking = action->text();
    closing.start();
    action->trigger();
    rest(50);
    close_all();
    closing.stop();
  }
  return titles;
}

}  // namespace iso::gui::test
