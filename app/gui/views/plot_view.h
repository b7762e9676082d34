#pragma once

#include "gui/model/composite.h"
#include "gui/presenters/plot_axis.h"

#include <QColor>
#include <QWidget>

#include <array>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

class QMouseEvent;

namespace iso::gui {

struct Curve {
  QString name;
  std::vector<std::pair<double, double>> points;
  std::vector<double> deviation{};  ///< half the width of a band about the curve, one a point; empty: no band
  QColor colour{};                  ///< invalid: one of the view's own
  bool dashed{false};
  std::optional<double> limit{};  ///< a level line: where a run ends on this curve
};

[[nodiscard]] QColor to_colour(const Rgb& colour);

/// Curves with axes: profiles, residual histories, spectra. An axis of values is logarithmic where the values span decades,
/// unless the menu says otherwise. Names stand outside of the plot, with the values at the pointer. The wheel zooms along x
/// about the pointer, a double click shows all again; the points can be copied or saved as a table.
class PlotView : public QWidget {
  Q_OBJECT
 public:
  explicit PlotView(QWidget* parent = nullptr);
  void set_curves(std::vector<Curve> curves, QString x_label, QString y_label, QString note = {});
  void set_scale(AxisScale scale);
  /// Each curve in a plot of its own, with its own axis of values: for curves of different quantities.
  void set_separate(bool on);
  /// What is said while there is no curve.
  void set_hint(QString hint);
  /// Ranges along x that are drawn dark: values that do not count.
  void set_shaded(std::vector<std::pair<double, double>> ranges);
  /// An upright line, as for the band that is shown.
  void set_marker(std::optional<double> x);
  /// Dragging with the left button marks a range along x.
  void set_draggable(bool on);
  [[nodiscard]] const std::vector<Curve>& curves() const noexcept { return curves_; }
  [[nodiscard]] const std::vector<std::pair<double, double>>& shaded() const noexcept { return shaded_; }
  [[nodiscard]] QString table() const;  ///< tab separated: x, then a column a curve
  [[nodiscard]] QString csv() const;    ///< the same with commas
  [[nodiscard]] QString svg() const;    ///< what is seen, as a drawing
  /// Where the curves are drawn in the widget; of the first plot where each curve has its own.
  [[nodiscard]] QRectF plot_rect() const;
  /// Where a place on the axis is drawn in it, and back.
  [[nodiscard]] double to_pixel(double x) const;
  [[nodiscard]] double to_value(double x_px) const;
  /// "650 nm" and the values of the curves there, as they are drawn at the pointer; empty away from the plot.
  [[nodiscard]] QString words_at_pointer() const;
  [[nodiscard]] QSize sizeHint() const override { return {320, 180}; }

 Q_SIGNALS:
  void picked(double x);                                        ///< by a click
  void range_dragged(double low, double high, bool take_away);  ///< take_away: with Shift

 protected:
  void paintEvent(QPaintEvent* event) override;
  void contextMenuEvent(QContextMenuEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;

 private:
  struct Cell {  ///< a plot: its curves, axes and place
    std::span<const Curve> curves;
    std::size_t colour{0};  ///< number of the first curve's
    QRectF whole, area, legend;
    PlotAxis across, up;
    [[nodiscard]] QPointF place(double x, double y) const;
  };
  [[nodiscard]] std::vector<Cell> cells() const;
  [[nodiscard]] Cell make_cell(const QRectF& whole, std::span<const Curve> curves, std::size_t colour) const;
  /// The plot at a place, or one that is no further from it than the slack; null if there is none.
  [[nodiscard]] static const Cell* cell_at(const std::vector<Cell>& cells, const QPointF& at, double slack = 0);
  /// The place of a sample that is nearest to the pointer; nothing away from the plots.
  [[nodiscard]] std::optional<double> pointed(const Cell& cell) const;
  void paint_all(QPainter& painter) const;
  void paint_plot(QPainter& painter, const Cell& cell) const;
  void paint_axes(QPainter& painter, const Cell& cell) const;
  void paint_curves(QPainter& painter, const Cell& cell) const;
  void paint_curve(QPainter& painter, const Cell& cell, std::size_t curve) const;
  void paint_pointers(QPainter& painter, const Cell& cell) const;
  void paint_limit(QPainter& painter, const Cell& cell, std::size_t curve) const;
  void paint_names(QPainter& painter, const Cell& cell) const;
  [[nodiscard]] QColor to_curve_colour(const Cell& cell, std::size_t curve) const;
  [[nodiscard]] PlotAxis x_axis(std::span<const Curve> curves, int count) const;
  [[nodiscard]] bool logarithmic() const;  ///< of the first curve's axis, for the menu
  void save();
  std::vector<Curve> curves_;
  std::vector<std::pair<double, double>> shaded_;
  QString x_label_, y_label_, note_, hint_;
  AxisScale scale_{AxisScale::automatic};
  bool separate_{false}, draggable_{false};
  double zoom_{1}, anchor_{1};  ///< the part of the axis that is shown: its width, and where it lies (0 first, 1 last)
  std::optional<double> marker_;
  std::optional<QPointF> pointer_;
  std::optional<std::array<double, 2>> drag_;  ///< from, to; along x
  QPointF pressed_;
};

}  // namespace iso::gui
