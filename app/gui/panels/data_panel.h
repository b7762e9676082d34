#pragma once

#include "gui/presenters/document.h"

#include <QWidget>

#include <vector>

class QTreeWidget;
class QTreeWidgetItem;

namespace iso::gui {

/// The data tree: what is open, what is shown where, and what is not saved yet.
class DataPanel : public QWidget {
  Q_OBJECT
 public:
  explicit DataPanel(Document& document, QWidget* parent = nullptr);

 Q_SIGNALS:
  void save_asked(iso::gui::ItemId item);
  void provenance_asked(iso::gui::ItemId item);

 private:
  void rebuild();
  void follow_selection();
  void menu(const QPoint& at);
  void show_as(ItemId item, ItemId Look::*role);
  [[nodiscard]] ItemId id_of(const QTreeWidgetItem* row) const;
  Document& document_;
  QTreeWidget* tree_;
  bool filling_{false};
  std::vector<Signal<>::Connection> connections_;
};

/// "512 x 512 x 64, 0.84 x 0.84 x 5 mm, f32"
[[nodiscard]] std::string description_of(const Item& item);

}  // namespace iso::gui
