#pragma once

#include <QObject>

namespace iso::gui {

/// Names of files, members and plugins are shown as they are: what looks like markup in a label or a message is not obeyed (it
/// could load pictures and hide or fake words). A label that is meant to be rich says so (Qt::RichText). One for the program.
class PlainLabels : public QObject {
 public:
  using QObject::QObject;
  bool eventFilter(QObject* watched, QEvent* event) override;
};

}  // namespace iso::gui
