#pragma once

#include "gui/model/document.h"

#include <QWidget>

#include <vector>

class QTreeWidget;
class QTreeWidgetItem;

namespace iso::gui {

/// Data tree: the open items, their role in the views, and whether they are saved.
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
  enum class Showing : std::uint8_t { image, overlay, compared };
  void show_as(ItemId item, Showing showing);
  [[nodiscard]] ItemId to_id(const QTreeWidgetItem* row) const;
  Document& document_;
  QTreeWidget* tree_;
  bool filling_{false};
  std::vector<Signal<>::Connection> connections_;
};

/// "512 x 512 x 64, 0.84 x 0.84 x 5 mm, f32"
[[nodiscard]] std::string to_text(const Item& item);

}  // namespace iso::gui
