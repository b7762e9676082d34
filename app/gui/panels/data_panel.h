#pragma once

#include "gui/model/document.h"

#include <QWidget>

#include <vector>

class QMenu;
class QTreeWidget;
class QTreeWidgetItem;

namespace iso::gui {

/// Data list: the open items with kind, size and place, their role in the views, and whether they are saved. A double click
/// shows an item, F2 renames it, Delete deletes it.
class DataPanel : public QWidget {
  Q_OBJECT
 public:
  explicit DataPanel(Document& document, QWidget* parent = nullptr);
  /// What can be done with an item, for the menu bar and for the right button; cleared first.
  void fill_menu(QMenu& menu, ItemId item);
  void rename_selected();
  void set_in_session(bool on);  ///< a session file holds everything as it is now

 Q_SIGNALS:
  void save_asked(iso::gui::ItemId item);
  void provenance_asked(iso::gui::ItemId item);
  void read_again_asked(iso::gui::ItemId item);
  void use_as_asked(iso::gui::ItemId item, iso::Kind kind);

 private:
  void rebuild();
  void follow_selection();
  void menu(const QPoint& at);
  enum class Showing : std::uint8_t { image, overlay, compared };
  void show_as(ItemId item, Showing showing);
  void show_sampling(ItemId item);
  void show_in_place(ItemId item);  ///< as a double click: labels over the image, everything else in the planes
  [[nodiscard]] ItemId to_id(const QTreeWidgetItem* row) const;
  Document& document_;
  QTreeWidget* tree_;
  bool filling_{false}, in_session_{false};
  std::vector<Signal<>::Connection> connections_;
};

/// "512 x 512 x 64, 0.84 x 0.84 x 5 mm, f32"
[[nodiscard]] std::string to_text(const Item& item);

}  // namespace iso::gui
