#pragma once

#include <QWidget>

#include <string>
#include <utility>
#include <vector>

namespace iso::gui {

struct Curve {
  QString name;
  std::vector<std::pair<double, double>> points;
};

/// Curves with axes: profiles, residual histories. Wheel zooms along x, a double click shows all again, and the points can be
/// copied or saved as a table.
class PlotView : public QWidget {
  Q_OBJECT
 public:
  explicit PlotView(QWidget* parent = nullptr);
  void set_curves(std::vector<Curve> curves, QString x_label, QString y_label, QString note = {});
  void set_logarithmic(bool on);
  [[nodiscard]] const std::vector<Curve>& curves() const noexcept { return curves_; }
  [[nodiscard]] QString table() const;  ///< tab separated: x, then a column a curve
  [[nodiscard]] QSize sizeHint() const override { return {320, 180}; }

 protected:
  void paintEvent(QPaintEvent* event) override;
  void contextMenuEvent(QContextMenuEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;

 private:
  struct Range {
    double x0{0}, x1{1}, y0{0}, y1{1};
  };
  [[nodiscard]] Range range() const;
  void save();
  std::vector<Curve> curves_;
  QString x_label_, y_label_, note_;
  bool logarithmic_{false};
  double zoom_{1};
};

/// Round numbers between low and high, about `count` of them.
[[nodiscard]] std::vector<double> ticks(double low, double high, int count);

}  // namespace iso::gui
