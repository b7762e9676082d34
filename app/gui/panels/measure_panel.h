#pragma once

#include "gui/model/measure.h"
#include "gui/model/time_curves.h"

#include <QTimer>
#include <QWidget>

#include <vector>

class QLabel;
class QTableWidget;

namespace iso::gui {

class PlotView;

/// All measurements as a table; beside it the profile of the selected line, or on a series the values of its regions and points
/// over time with the frame that is shown. Of a series without a selected measurement the plot shows what a table says of each
/// frame (the misfit of a reconstruction), or their root mean square, and hatches those that stand out. A click shows the frame.
class MeasurePanel : public QWidget {
  Q_OBJECT
 public:
  explicit MeasurePanel(Document& document, QWidget* parent = nullptr);
  void select(std::uint64_t measurement);
  void save_table(const std::filesystem::path& file);  ///< CSV (RFC 4180); a failure is told in a box
  [[nodiscard]] QString table() const;
  [[nodiscard]] PlotView& plot() noexcept { return *plot_; }

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void rebuild();
  void show_plot();
  bool show_profile(const Measurement& line);
  bool show_over_time(const Item& item);
  bool show_frames(const Item& item);
  /// Of the selected table, or the newest one, that has a row for each frame of the series.
  [[nodiscard]] std::vector<TimeCurve> curves_of_table(const Item& series) const;
  void show_frame_marker();
  [[nodiscard]] const Measurement* selected() const;
  void remove_selected();
  Document& document_;
  QTableWidget* table_;
  PlotView* plot_;
  std::vector<std::uint64_t> ids_;
  std::vector<double> times_;  ///< of the frames along the plot; empty where it shows none
  QTimer soon_;
  std::vector<Signal<>::Connection> connections_;
};

}  // namespace iso::gui
