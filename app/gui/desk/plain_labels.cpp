#include "gui/desk/plain_labels.h"

#include <QEvent>
#include <QLabel>

namespace iso::gui {

bool PlainLabels::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::Polish)
    if (auto* const label = qobject_cast<QLabel*>(watched); label != nullptr && label->textFormat() == Qt::AutoText)
      label->setTextFormat(Qt::PlainText);
  return false;
}

}  // namespace iso::gui
