#pragma once

#include "gui/presenters/scatter.h"

#include <QPolygonF>
#include <QWidget>

#include <array>
#include <memory>
#include <optional>
#include <vector>

namespace iso::gui {

/// Pixels by two of their values: how many there are (by the logarithm), and over it those that carry a label, in its colour.
/// A line drawn around points with the left button selects their pixels.
class ScatterView : public QWidget {
  Q_OBJECT
 public:
  explicit ScatterView(QWidget* parent = nullptr);
  void set_scatter(std::shared_ptr<const Scatter> scatter, QString x_label, QString y_label);
  void set_labels(std::vector<std::uint16_t> bins);  ///< of `labels_in`
  void set_hint(QString hint);                       ///< what is said without points
  [[nodiscard]] const Scatter* scatter() const noexcept { return scatter_.get(); }
  [[nodiscard]] QRectF plot_rect() const;
  [[nodiscard]] QSize sizeHint() const override { return {320, 180}; }

 Q_SIGNALS:
  void lassoed(const std::vector<std::array<double, 2>>& polygon);  ///< in values

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;

 private:
  void make_picture();
  void paint_axes(QPainter& painter, const QRectF& area) const;
  std::shared_ptr<const Scatter> scatter_;
  std::vector<std::uint16_t> labels_;
  QString x_label_, y_label_, hint_;
  QImage picture_;
  QPolygonF lasso_;
};

}  // namespace iso::gui
