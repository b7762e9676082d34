#pragma once

#include "gui/model/measure.h"

#include <QTimer>
#include <QWidget>

#include <vector>

class QLabel;
class QTableWidget;

namespace iso::gui {

class PlotView;

/// All measurements as a table, and the profile of the selected line.
class MeasurePanel : public QWidget {
  Q_OBJECT
 public:
  explicit MeasurePanel(Document& document, QWidget* parent = nullptr);
  void select(std::uint64_t measurement);
  void save_table(const std::filesystem::path& file);  ///< CSV (RFC 4180); a failure is told in a box
  [[nodiscard]] QString table() const;

 private:
  void rebuild();
  void show_profile();
  void remove_selected();
  Document& document_;
  QTableWidget* table_;
  PlotView* plot_;
  std::vector<std::uint64_t> ids_;
  QTimer soon_;
  std::vector<Signal<>::Connection> connections_;
};

}  // namespace iso::gui
