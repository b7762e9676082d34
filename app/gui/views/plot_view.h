#pragma once

#include "gui/presenters/plot_axis.h"

#include <QWidget>

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace iso::gui {

struct Curve {
  QString name;
  std::vector<std::pair<double, double>> points;
};

/// Curves with axes: profiles, residual histories. An axis of values is logarithmic where the values span decades, unless the
/// menu says otherwise. The wheel zooms along x, a double click shows all again; the points can be copied or saved as a table.
class PlotView : public QWidget {
  Q_OBJECT
 public:
  explicit PlotView(QWidget* parent = nullptr);
  void set_curves(std::vector<Curve> curves, QString x_label, QString y_label, QString note = {});
  void set_scale(AxisScale scale);
  /// Each curve in a plot of its own, with its own axis of values: for curves of different quantities.
  void set_separate(bool on);
  [[nodiscard]] const std::vector<Curve>& curves() const noexcept { return curves_; }
  [[nodiscard]] QString table() const;  ///< tab separated: x, then a column a curve
  [[nodiscard]] QSize sizeHint() const override { return {320, 180}; }

 protected:
  void paintEvent(QPaintEvent* event) override;
  void contextMenuEvent(QContextMenuEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;

 private:
  /// Draws curves into a rectangle; the first has the colour number `colour`.
  void paint_plot(QPainter& painter, const QRectF& cell, std::span<const Curve> curves, std::size_t colour) const;
  [[nodiscard]] PlotAxis x_axis(std::span<const Curve> curves, int count) const;
  [[nodiscard]] bool logarithmic() const;  ///< of the first curve's axis, for the menu
  void save();
  std::vector<Curve> curves_;
  QString x_label_, y_label_, note_;
  AxisScale scale_{AxisScale::automatic};
  bool separate_{false};
  double zoom_{1};
};

}  // namespace iso::gui
