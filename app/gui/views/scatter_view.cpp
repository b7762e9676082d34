#include "scatter_view.h"

#include "gui/presenters/plot_axis.h"
#include "render/scene/display.h"

#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace iso::gui {

ScatterView::ScatterView(QWidget* parent) : QWidget{parent} {
  setMinimumSize(160, 100);
  setAccessibleName(tr("Scatter plot"));
  setFocusPolicy(Qt::StrongFocus);
  setCursor(Qt::CrossCursor);
}

void ScatterView::set_scatter(std::shared_ptr<const Scatter> scatter, QString x_label, QString y_label) {
  scatter_ = std::move(scatter);
  x_label_ = std::move(x_label);
  y_label_ = std::move(y_label);
  labels_.clear();
  make_picture();
  update();
}

void ScatterView::set_labels(std::vector<std::uint16_t> bins) {
  labels_ = std::move(bins);
  make_picture();
  update();
}

void ScatterView::set_hint(QString hint) {
  hint_ = std::move(hint);
  update();
}

void ScatterView::make_picture() {
  picture_ = {};
  if (!scatter_) return;
  constexpr int bins = Scatter::bins;
  picture_ = QImage{bins, bins, QImage::Format_ARGB32};
  picture_.fill(Qt::transparent);
  const double most = std::log1p(*std::ranges::max_element(scatter_->counts));
  const auto& map = render::colour_map("viridis");
  const auto& colours = render::colour_map("labels");
  for (int y = 0; y < bins; ++y)
    for (int x = 0; x < bins; ++x) {
      const auto at = static_cast<std::size_t>(y) * bins + static_cast<std::size_t>(x);
      if (scatter_->counts[at] == 0) continue;
      const double part = std::log1p(scatter_->counts[at]) / most;
      const auto& c = map[static_cast<std::size_t>(std::lround(60 + 195 * part))];
      QColor colour{c[0], c[1], c[2]};
      if (at < labels_.size() && labels_[at] != 0) {
        const auto& own = colours[static_cast<std::size_t>((labels_[at] - 1) % 255 + 1)];
        colour = QColor{own[0], own[1], own[2]};
      }
      picture_.setPixelColor(x, bins - 1 - y, colour);
    }
}

QRectF ScatterView::plot_rect() const {
  const QFontMetricsF metrics{font()};
  const double left = metrics.horizontalAdvance(QStringLiteral("-0.00e+00")) + 6, line = metrics.height();
  return {left, 6, std::max(1.0, width() - left - 12), std::max(1.0, height() - 2.6 * line - 8)};
}

void ScatterView::paint_axes(QPainter& painter, const QRectF& area) const {
  const double line = QFontMetricsF{font()}.height();
  painter.setPen(palette().color(QPalette::Text));
  const auto part = [](double value, const std::array<double, 2>& range) {
    return (value - range[0]) / (range[1] - range[0]);
  };
  const PlotAxis across =
      make_axis(scatter_->x_range, AxisScale::linear, std::max(2, static_cast<int>(area.width() / 70)));
  for (const PlotAxis::Tick& tick : across.ticks) {
    const double x = area.left() + part(tick.value, scatter_->x_range) * area.width();
    painter.drawLine(QPointF{x, area.bottom()}, QPointF{x, area.bottom() + 3});
    painter.drawText(QRectF{x - 40, area.bottom() + 3, 80, line}, Qt::AlignCenter, QString::fromStdString(tick.label));
  }
  const PlotAxis up =
      make_axis(scatter_->y_range, AxisScale::linear, std::max(3, static_cast<int>(area.height() / (2 * line))));
  for (const PlotAxis::Tick& tick : up.ticks) {
    const double y = area.bottom() - part(tick.value, scatter_->y_range) * area.height();
    painter.drawLine(QPointF{area.left() - 3, y}, QPointF{area.left(), y});
    painter.drawText(QRectF{0, y - line / 2, area.left() - 5, line}, Qt::AlignRight | Qt::AlignVCenter,
                     QString::fromStdString(tick.label));
  }
  painter.drawText(QRectF{area.left(), area.bottom() + line + 2, area.width(), line * 1.3}, Qt::AlignCenter,
                   QFontMetricsF{font()}.elidedText(tr("across: %1, up: %2").arg(x_label_, y_label_), Qt::ElideMiddle,
                                                    area.width()));
  painter.drawRect(area);
}

void ScatterView::paintEvent(QPaintEvent*) {
  QPainter painter{this};
  painter.fillRect(rect(), palette().base());
  if (!scatter_) {
    painter.setPen(palette().color(QPalette::Disabled, QPalette::Text));
    painter.drawText(rect(), Qt::AlignCenter | Qt::TextWordWrap, hint_);
    return;
  }
  const QRectF area = plot_rect();
  painter.drawImage(area, picture_);
  painter.setRenderHint(QPainter::Antialiasing);
  paint_axes(painter, area);
  if (lasso_.size() < 2) return;
  painter.setClipRect(area);
  QColor inside = palette().color(QPalette::Highlight);
  painter.setPen(QPen{inside, 1.5});
  inside.setAlpha(60);
  painter.setBrush(inside);
  painter.drawPolygon(lasso_);
}

void ScatterView::mousePressEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton || !scatter_) return QWidget::mousePressEvent(event);
  lasso_ = QPolygonF{} << event->position();
  update();
}

void ScatterView::mouseMoveEvent(QMouseEvent* event) {
  if (lasso_.isEmpty()) return;
  lasso_ << event->position();
  update();
}

void ScatterView::mouseReleaseEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton || lasso_.isEmpty()) return;
  const QRectF area = plot_rect();
  std::vector<std::array<double, 2>> polygon;
  for (const QPointF& at : lasso_)
    polygon.push_back(
        {scatter_->x_range[0] + (at.x() - area.left()) / area.width() * (scatter_->x_range[1] - scatter_->x_range[0]),
         scatter_->y_range[0] +
             (area.bottom() - at.y()) / area.height() * (scatter_->y_range[1] - scatter_->y_range[0])});
  lasso_.clear();
  update();
  Q_EMIT lassoed(polygon);
}

}  // namespace iso::gui
