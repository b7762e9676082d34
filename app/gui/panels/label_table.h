#pragma once

#include "gui/desk/background.h"
#include "gui/model/document.h"
#include "gui/model/label_edit.h"
#include "gui/views/tools.h"

#include <QGroupBox>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <vector>

class QHBoxLayout;
class QTreeWidget;
class QTreeWidgetItem;

namespace iso::gui {

/// The labels of a map: eye, lock, colour, name and volume. The row that is chosen is the label that is painted. Volumes follow
/// every stroke.
class LabelTable : public QGroupBox {
  Q_OBJECT
 public:
  LabelTable(Document& document, Tools& tools, Background& background, QWidget* parent = nullptr);
  void show_map(ItemId item);
  [[nodiscard]] std::uint16_t next_free() const;
  /// Changes the label that is painted, off this thread; one undo step. A refusal is told by `problem`.
  void edit(LabelEdit what, const QString& step, LabelEditOptions options = {});
  void write_statistics(const std::filesystem::path& file);

 Q_SIGNALS:
  void problem(const QString& sentence, const QString& hint);

 private:
  void count();
  void rebuild();
  void follow_tool();
  void change(std::uint16_t label, const std::function<void(LabelStyle&)>& what, const QString& step);
  void choose_colour(std::uint16_t label);
  void add_label();
  void read_table();
  void write_table();
  void write_statistics_dialog();
  void make_tree();
  void make_edit_menu(QHBoxLayout& row);
  void connect_tree();
  void follow_document();
  [[nodiscard]] std::size_t slice_axis() const;        ///< of the map, nearest to the normal of the view used last
  [[nodiscard]] std::int64_t crosshair_slice() const;  ///< along that axis
  void copy_slice(int step);
  [[nodiscard]] QTreeWidgetItem* find_row(std::uint16_t label) const;
  Document& document_;
  Tools& tools_;
  Background& background_;
  QTreeWidget* tree_;
  ItemId item_{0};
  std::map<std::uint16_t, std::int64_t> counts_;
  std::weak_ptr<const Dataset> known_;  ///< the data that the counts belong to
  bool counted_{false}, filling_{false};
  std::uint64_t counting_{0};
  std::vector<Connection> connections_;
};

}  // namespace iso::gui
