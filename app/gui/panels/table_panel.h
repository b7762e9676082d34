#pragma once

#include "gui/presenters/table_sheet.h"

#include <QTimer>
#include <QWidget>

#include <memory>
#include <vector>

class QComboBox;
class QLabel;
class QTableView;

namespace iso::gui {

class SheetModel;

/// The rows of a table, by the column whose heading is clicked. A row that is about a case shows the slice of that name, where a volume that has
/// it is open.
class TablePanel : public QWidget {
  Q_OBJECT
 public:
  explicit TablePanel(Document& document, QWidget* parent = nullptr);
  ~TablePanel() override;
  [[nodiscard]] QTableView& rows() noexcept { return *rows_; }

 Q_SIGNALS:
  void table_selected();  ///< in the data tree

 private:
  void list_tables();
  void follow_selection();
  void show_chosen();
  void show_case_of_row();
  Document& document_;
  QComboBox* chosen_;
  QLabel* words_;
  QTableView* rows_;
  std::unique_ptr<SheetModel> model_;
  QTimer soon_;
  std::vector<Signal<>::Connection> connections_;
};

}  // namespace iso::gui
