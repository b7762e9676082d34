#include "inspect.h"

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractSpinBox>
#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QCoreApplication>
#include <QDockWidget>
#include <QGroupBox>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenuBar>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QStyle>
#include <QStyleOptionButton>
#include <QStyleOptionComboBox>
#include <QTabBar>
#include <QToolBar>
#include <QToolButton>

namespace iso::gui::test {
namespace {

QString find_place(const QWidget& widget) {
  QString place = QString::fromLatin1(widget.metaObject()->className()).section(QStringLiteral("::"), -1);
  if (!widget.objectName().isEmpty()) place += QLatin1Char(' ') + widget.objectName();
  for (const QWidget* up = widget.parentWidget(); up != nullptr; up = up->parentWidget())
    if (qobject_cast<const QDockWidget*>(up) != nullptr || up->isWindow())
      return place + QStringLiteral(" in ") + up->windowTitle();
  return place;
}

class Finder {
 public:
  QStringList found;

  void look(QWidget& widget) {
    if (auto* const label = qobject_cast<QLabel*>(&widget)) look(*label);
    if (auto* const button = qobject_cast<QAbstractButton*>(&widget)) look(*button);
    if (auto* const box = qobject_cast<QComboBox*>(&widget)) look(*box);
    if (auto* const box = qobject_cast<QGroupBox*>(&widget))
      need(widget, box->title(), text_width(widget, box->title()) + (box->isCheckable() ? 20 : 0), widget.width());
    if (auto* const line = qobject_cast<QLineEdit*>(&widget)) look(*line);
    if (auto* const bar = qobject_cast<QTabBar*>(&widget)) look(*bar);
    if (auto* const view = qobject_cast<QAbstractItemView*>(&widget)) look(*view);
    if (auto* const bar = qobject_cast<QMenuBar*>(&widget))
      for (QAction* action : bar->actions())
        if (!bar->rect().contains(bar->actionGeometry(action)))
          say(widget, action->text(), QStringLiteral("is cut off"));
    if (auto* const bar = qobject_cast<QToolBar*>(&widget))
      if (const auto* more = bar->findChild<QToolButton*>(QStringLiteral("qt_toolbar_ext_button"));
          more != nullptr && more->isVisible())
        say(widget, bar->windowTitle(), QStringLiteral("does not show all its tools"));
    if (auto* const area = qobject_cast<QScrollArea*>(&widget); area != nullptr && area->widget() != nullptr)
      if (area->widget()->width() > area->viewport()->width())
        say(widget, {},
            QStringLiteral("is %1 wide and its page %2").arg(area->viewport()->width()).arg(area->widget()->width()));
    if (auto* const dock = qobject_cast<QDockWidget*>(&widget); dock != nullptr && dock->titleBarWidget() == nullptr)
      need(widget, dock->windowTitle(), text_width(widget, dock->windowTitle()) + 48, widget.width());
    sticks_out(widget);
  }

 private:
  void say(const QWidget& widget, const QString& text, const QString& problem) {
    found << QStringLiteral("%1 \"%2\" %3").arg(find_place(widget), text, problem);
  }
  static int text_width(const QWidget& widget, const QString& text) {
    return widget.fontMetrics().size(Qt::TextShowMnemonic, text).width();
  }
  void need(const QWidget& widget, const QString& text, int needed, int there) {
    if (needed > there) say(widget, text, QStringLiteral("needs %1 across, has %2").arg(needed).arg(there));
  }

  void look(const QLabel& label) {
    if (label.text().isEmpty()) return;
    const QSize hint = label.wordWrap() ? QSize{label.minimumSizeHint().width(), label.heightForWidth(label.width())}
                                        : label.sizeHint();
    if (hint.width() > label.width() || hint.height() > label.height())
      if (!label.toolTip().contains(label.text()))
        say(label, label.text(),
            QStringLiteral("needs %1 x %2, has %3 x %4")
                .arg(hint.width())
                .arg(hint.height())
                .arg(label.width())
                .arg(label.height()));
  }

  void look(const QAbstractButton& button) {
    if (button.text().isEmpty()) return;
    const auto* const tool = qobject_cast<const QToolButton*>(&button);
    if (tool != nullptr && !tool->icon().isNull() && tool->toolButtonStyle() == Qt::ToolButtonIconOnly) return;
    QStyleOptionButton option;
    option.initFrom(&button);
    int there = button.width() - 4;
    if (qobject_cast<const QPushButton*>(&button))
      there = button.style()->subElementRect(QStyle::SE_PushButtonContents, &option, &button).width();
    if (qobject_cast<const QCheckBox*>(&button))
      there = button.style()->subElementRect(QStyle::SE_CheckBoxContents, &option, &button).width();
    if (qobject_cast<const QRadioButton*>(&button))
      there = button.style()->subElementRect(QStyle::SE_RadioButtonContents, &option, &button).width();
    need(button, button.text(),
         text_width(button, button.text()) + (button.icon().isNull() ? 0 : button.iconSize().width() + 4), there);
    if (button.fontMetrics().height() > button.height())
      say(button, button.text(), QStringLiteral("is too low for its text"));
  }

  void look(const QComboBox& box) {
    if (box.toolTip().contains(box.currentText()) && !box.currentText().isEmpty()) return;
    QStyleOptionComboBox option;
    option.initFrom(&box);
    option.editable = box.isEditable();
    const QRect edit = box.style()->subControlRect(QStyle::CC_ComboBox, &option, QStyle::SC_ComboBoxEditField, &box);
    for (int i = 0; i < box.count(); ++i)  // whatever is chosen later must fit as well
      need(box, box.itemText(i), text_width(box, box.itemText(i)), edit.width());
  }

  void look(const QLineEdit& line) {
    const bool in_spin_box = qobject_cast<QAbstractSpinBox*>(line.parentWidget()) != nullptr;
    const QString text = in_spin_box || line.isReadOnly() ? line.text()
                         : line.text().isEmpty()          ? line.placeholderText()
                                                          : QString{};
    if (!line.toolTip().contains(text) || text.isEmpty()) need(line, text, text_width(line, text), line.width() - 4);
  }

  void look(const QTabBar& bar) {
    for (int i = 0; i < bar.count(); ++i) {
      if (!bar.isTabVisible(i)) continue;
      need(bar, bar.tabText(i), text_width(bar, bar.tabText(i)) + 8, bar.tabRect(i).width());
      if (!bar.rect().adjusted(-2, -2, 2, 2).contains(bar.tabRect(i)))
        say(bar, bar.tabText(i), QStringLiteral("is outside of its bar"));
    }
  }

  void look(const QAbstractItemView& view) {
    if (const auto* const head = qobject_cast<const QHeaderView*>(&view)) {
      if (head->orientation() != Qt::Horizontal || head->model() == nullptr) return;
      for (int i = 0; i < head->count(); ++i)
        if (!head->isSectionHidden(i))
          need(view, head->model()->headerData(i, Qt::Horizontal).toString(), head->sectionSizeHint(i),
               head->sectionSize(i));
      return;
    }
    const QAbstractItemModel* const model = view.model();
    if (model == nullptr || view.inherits("QComboBoxListView")) return;
    for (int row = 0; row < std::min(200, model->rowCount(view.rootIndex())); ++row)
      for (int column = 0; column < model->columnCount(view.rootIndex()); ++column) {
        const QModelIndex index = model->index(row, column, view.rootIndex());
        const QString text = index.data().toString();
        const QRect there = view.visualRect(index);
        if (text.isEmpty() || there.isEmpty() || !there.intersects(view.viewport()->rect())) continue;
        if (!index.data(Qt::ToolTipRole).toString().isEmpty()) continue;
        int widest = 0;
        for (const QString& line : text.split(QLatin1Char('\n'))) widest = std::max(widest, text_width(view, line));
        const bool wraps = view.property("wordWrap").toBool();
        const int right = std::min(there.right(), view.viewport()->width());
        if (!wraps) need(view, text, widest + 4, right - there.left() + 1);
      }
  }

  /// Cut off by what holds it. Inside of pages that scroll only sideways matters.
  void sticks_out(const QWidget& widget) {
    const bool says_something =
        qobject_cast<const QLabel*>(&widget) != nullptr || qobject_cast<const QAbstractButton*>(&widget) != nullptr ||
        qobject_cast<const QComboBox*>(&widget) != nullptr || qobject_cast<const QLineEdit*>(&widget) != nullptr ||
        qobject_cast<const QAbstractSpinBox*>(&widget) != nullptr ||
        qobject_cast<const QAbstractScrollArea*>(&widget) != nullptr || widget.inherits("iso::gui::PlotView");
    if (!says_something || widget.isWindow() || widget.size().isEmpty()) return;
    if (widget.inherits("QDockWidgetTitleButton") || widget.objectName().startsWith(QStringLiteral("qt_"))) return;
    bool scrolls = false;
    QRect seen = widget.rect();
    for (const QWidget* up = widget.parentWidget(); up != nullptr; up = up->parentWidget()) {
      seen &= QRect{widget.mapFrom(up, QPoint{}), up->size()};
      if (up->isWindow()) break;
      scrolls = scrolls || qobject_cast<const QAbstractScrollArea*>(up) != nullptr;
    }
    if (scrolls && seen.isEmpty()) return;
    if (seen.width() < widget.width() || (!scrolls && seen.height() < widget.height()))
      say(widget, widget.property("text").toString(),
          QStringLiteral("is %1 x %2, seen are %3 x %4")
              .arg(widget.width())
              .arg(widget.height())
              .arg(seen.width())
              .arg(seen.height()));
  }
};

/// Docks that share a place are moved out of the window, all but one.
bool is_behind_a_tab(const QWidget& widget) {
  for (const QWidget* up = &widget; up != nullptr && !up->isWindow(); up = up->parentWidget())
    if (qobject_cast<const QDockWidget*>(up) != nullptr) return up->visibleRegion().isEmpty();
  return false;
}

}  // namespace

QStringList clipped_texts(QWidget& root) {
  QCoreApplication::sendPostedEvents(nullptr, QEvent::LayoutRequest);  // of a text that has just changed
  Finder finder;
  for (QWidget* widget : root.findChildren<QWidget*>())
    if (widget->isVisible() && widget->window() == root.window() && !is_behind_a_tab(*widget)) finder.look(*widget);
  finder.found.removeDuplicates();
  return finder.found;
}

}  // namespace iso::gui::test
