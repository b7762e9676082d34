#include "plot_view.h"

#include "gui/model/words.h"

#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QMenu>
#include <QPainter>
#include <QPainterPath>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>
#include <limits>

namespace iso::gui {

namespace {

constexpr double drag_slack_px = 14;
constexpr double least_legend_px = 320;  ///< narrower plots have their names above them

PlotAxis y_axis(std::span<const Curve> curves, AxisScale scale, int count) {
  std::vector<double> values;
  for (const Curve& curve : curves) {
    if (curve.limit && !curve.points.empty()) values.push_back(*curve.limit);
    for (std::size_t i = 0; i < curve.points.size(); ++i) {
      const double y = curve.points[i].second, half = i < curve.deviation.size() ? curve.deviation[i] : 0;
      values.push_back(y + half);
      if (half > 0 && (scale == AxisScale::linear || y > half)) values.push_back(y - half);
    }
  }
  return make_axis(values, scale, count, 0.05);
}

/// Columns in which plots of a width and height have the shape nearest to 5 : 2.
int columns_for(int plots, double width, double height) {
  const auto misfit = [&](int columns) {
    const int rows = (plots + columns - 1) / columns;
    return std::abs(std::log((width / columns) / (height / rows) / 2.5));
  };
  int best = 1;
  for (int columns = 2; columns <= plots; ++columns)
    if (misfit(columns) < misfit(best)) best = columns;
  return best;
}

/// The unit of an axis named "wavelength [nm]"; else the name.
QString to_unit(const QString& label) {
  const qsizetype begin = label.indexOf('['), end = label.indexOf(']', begin);
  return begin >= 0 && end > begin ? label.mid(begin + 1, end - begin - 1) : label;
}

/// The value of the sample at x; nothing if the curve has none there.
std::optional<double> to_sample(const Curve& curve, double x) {
  for (const auto& [place, y] : curve.points)
    if (place == x) return y;
  return {};
}

}  // namespace

QColor to_colour(const Rgb& colour) { return {colour[0], colour[1], colour[2]}; }

PlotView::PlotView(QWidget* parent) : QWidget{parent}, hint_{tr("No curve yet")} {
  setMinimumSize(160, 100);
  setFocusPolicy(Qt::StrongFocus);  // the menu key opens what the right button opens
  setMouseTracking(true);
  setAccessibleName(tr("Plot"));
}

void PlotView::set_curves(std::vector<Curve> curves, QString x_label, QString y_label, QString note) {
  curves_ = std::move(curves);
  x_label_ = std::move(x_label);
  y_label_ = std::move(y_label);
  note_ = std::move(note);
  update();
}

void PlotView::set_scale(AxisScale scale) {
  scale_ = scale;
  update();
}

void PlotView::set_separate(bool on) {
  separate_ = on;
  update();
}

void PlotView::set_hint(QString hint) {
  hint_ = std::move(hint);
  update();
}

void PlotView::set_shaded(std::vector<std::pair<double, double>> ranges) {
  if (shaded_ == ranges) return;
  shaded_ = std::move(ranges);
  update();
}

void PlotView::set_marker(std::optional<double> x) {
  if (marker_ == x) return;
  marker_ = x;
  update();
}

void PlotView::set_draggable(bool on) {
  draggable_ = on;
  drag_.reset();
  on ? setCursor(Qt::SplitHCursor) : unsetCursor();
}

bool PlotView::logarithmic() const {
  const std::span<const Curve> all{curves_};
  return !all.empty() && y_axis(separate_ ? all.first(1) : all, scale_, 2).logarithmic;
}

PlotAxis PlotView::x_axis(std::span<const Curve> curves, int count) const {
  std::vector<double> places;
  for (const Curve& curve : curves)
    for (const auto& [x, y] : curve.points)
      if (std::isfinite(y)) places.push_back(x);
  const PlotAxis whole = make_axis(places, AxisScale::linear, count);
  const double all = whole.high - whole.low, first = whole.low + anchor_ * (all - all / zoom_);
  return make_axis(std::array{first, first + all / zoom_}, AxisScale::linear, count);
}

QPointF PlotView::Cell::place(double x, double y) const {
  return {area.left() + across.position(x) * area.width(), area.bottom() - up.position(y) * area.height()};
}

PlotView::Cell PlotView::make_cell(const QRectF& whole, std::span<const Curve> curves, std::size_t colour) const {
  const QFontMetricsF metrics{font()};
  const double line = metrics.height(), left = metrics.horizontalAdvance(QStringLiteral("-0.00e+00")) + 6;
  Cell cell{curves, colour, whole, {}, {}, {}, {}};
  double names = 0;
  for (const Curve& curve : curves) names = std::max(names, metrics.horizontalAdvance(curve.name));
  const bool beside = curves.size() > 1 && whole.width() >= least_legend_px;
  const double wide =
      beside ? std::min(names + metrics.horizontalAdvance(QStringLiteral(" -0.0000")) + 30, 0.4 * whole.width()) : 0;
  const double above = 1.2 * line + 4;
  cell.area = {whole.left() + left, whole.top() + above, whole.width() - left - 12 - wide,
               whole.height() - above - 2.5 * line - 4};
  cell.legend = beside ? QRectF{cell.area.right() + 12, cell.area.top(), wide - 6, cell.area.height() + line}
                       : QRectF{cell.area.left(), whole.top() + 2, cell.area.width(), line};
  cell.across = x_axis(curves, std::max(2, static_cast<int>(cell.area.width() / 70)));
  // A low plot too has three ticks, as far as its words have room.
  const int room = static_cast<int>(cell.area.height() / (1.6 * line));
  const std::size_t least = room >= 3 ? 3 : 2;
  for (int count = std::clamp(room, 2, 8); count <= 10 && cell.up.ticks.size() < least; ++count)
    cell.up = y_axis(curves, scale_, count);
  return cell;
}

std::vector<PlotView::Cell> PlotView::cells() const {
  const std::span<const Curve> all{curves_};
  if (all.empty()) return {};
  if (!separate_ || all.size() < 2) return {make_cell(rect(), all, 0)};
  std::vector<Cell> cells;
  const int count = static_cast<int>(all.size()), columns = columns_for(count, width(), height());
  const int rows = (count + columns - 1) / columns;
  const double across = static_cast<double>(width()) / columns, down = static_cast<double>(height()) / rows;
  cells.reserve(all.size());
  for (int i = 0; i < count; ++i) {
    const int column = i % columns, row = i / columns;
    cells.push_back(make_cell({column * across, row * down, across, down}, all.subspan(static_cast<std::size_t>(i), 1),
                              static_cast<std::size_t>(i)));
  }
  return cells;
}

const PlotView::Cell* PlotView::cell_at(const std::vector<Cell>& cells, const QPointF& at, double slack) {
  for (const Cell& cell : cells)
    if (cell.area.adjusted(-slack, 0, slack, 0).contains(at)) return &cell;
  return nullptr;
}

QColor PlotView::to_curve_colour(const Cell& cell, std::size_t curve) const {
  const QColor own = cell.curves[curve].colour;
  return own.isValid() ? own : to_colour(line_colour(cell.colour + curve));
}

QRectF PlotView::plot_rect() const {
  const auto all = cells();
  return all.empty() ? QRectF{} : all.front().area;
}

double PlotView::to_pixel(double x) const {
  const auto all = cells();
  return all.empty() ? 0 : all.front().place(x, all.front().up.low).x();
}

double PlotView::to_value(double x_px) const {
  const auto all = cells();
  if (all.empty()) return 0;
  const Cell* const found = cell_at(all, {x_px, pressed_.y()});
  const Cell& cell = found == nullptr ? all.front() : *found;
  return cell.across.low + (x_px - cell.area.left()) / cell.area.width() * (cell.across.high - cell.across.low);
}

std::optional<double> PlotView::pointed(const Cell& cell) const {
  if (!pointer_ || !cell.area.contains(*pointer_)) return {};
  const double asked =
      cell.across.low + (pointer_->x() - cell.area.left()) / cell.area.width() * (cell.across.high - cell.across.low);
  std::optional<double> best;
  for (const Curve& curve : cell.curves)
    for (const auto& [x, y] : curve.points)
      if (x >= cell.across.low && x <= cell.across.high && (!best || std::abs(x - asked) < std::abs(*best - asked)))
        best = x;
  return best;
}

QString PlotView::words_at_pointer() const {
  for (const Cell& cell : cells())
    if (const auto x = pointed(cell)) {
      QString words = QString::fromStdString(format_value(*x)) + QLatin1Char(' ') + to_unit(x_label_);
      for (const Curve& curve : cell.curves)
        if (const auto y = to_sample(curve, *x))
          words += QStringLiteral(", %1 %2").arg(curve.name, QString::fromStdString(format_value(*y)));
      return words;
    }
  return {};
}

void PlotView::paintEvent(QPaintEvent*) {
  QPainter painter{this};
  paint_all(painter);
}

void PlotView::paint_all(QPainter& painter) const {
  painter.setRenderHint(QPainter::Antialiasing);
  painter.fillRect(rect(), palette().base());
  const std::vector<Cell> all = cells();
  for (const Cell& cell : all) paint_plot(painter, cell);
  if (!all.empty()) return;
  painter.setPen(palette().color(QPalette::Disabled, QPalette::Text));
  painter.drawText(rect(), Qt::AlignCenter | Qt::TextWordWrap, hint_);
}

void PlotView::paint_plot(QPainter& painter, const Cell& cell) const {
  if (cell.area.width() < 20 || cell.area.height() < 20) {
    painter.setPen(palette().color(QPalette::Disabled, QPalette::Text));
    return painter.drawText(cell.whole, Qt::AlignCenter, cell.curves.front().name);
  }
  paint_axes(painter, cell);
  paint_curves(painter, cell);
  paint_names(painter, cell);
}

void PlotView::paint_axes(QPainter& painter, const Cell& cell) const {
  const double line = QFontMetricsF{font()}.height();
  const QRectF& area = cell.area;
  const QColor text = palette().color(QPalette::Text);
  QColor faint = text;
  faint.setAlpha(50);
  for (const PlotAxis::Tick& tick : cell.up.ticks) {
    const double y = cell.place(cell.across.low, tick.value).y();
    painter.setPen(faint);
    painter.drawLine(QPointF{area.left(), y}, QPointF{area.right(), y});
    painter.setPen(text);
    painter.drawText(QRectF{cell.whole.left(), y - line / 2, area.left() - cell.whole.left() - 5, line},
                     Qt::AlignRight | Qt::AlignVCenter, QString::fromStdString(tick.label));
  }
  for (const PlotAxis::Tick& tick : cell.across.ticks) {
    const double x = cell.place(tick.value, cell.up.low).x();
    painter.setPen(faint);
    painter.drawLine(QPointF{x, area.top()}, QPointF{x, area.bottom()});
    painter.setPen(text);
    painter.drawText(QRectF{x - 40, area.bottom() + 2, 80, line}, Qt::AlignCenter, QString::fromStdString(tick.label));
  }
  painter.drawText(QRectF{area.left(), area.bottom() + line + 1, area.width(), line * 1.3}, Qt::AlignCenter,
                   x_label_ + (y_label_.isEmpty() ? QString{} : QStringLiteral("   |   ") + y_label_));
  for (const auto& [low, high] : shaded_) {
    const auto to_x = [&](double x) { return std::clamp(cell.place(x, cell.up.low).x(), area.left(), area.right()); };
    QColor dark = text;
    dark.setAlpha(70);
    painter.fillRect(
        QRectF{QPointF{to_x(low), area.top()}, QPointF{std::max(to_x(high), to_x(low) + 1), area.bottom()}},
        QBrush{dark, Qt::BDiagPattern});
  }
  painter.setPen(text);
  painter.drawRect(area);
}

void PlotView::paint_curves(QPainter& painter, const Cell& cell) const {
  painter.save();
  painter.setClipRect(cell.area.adjusted(-1, -1, 1, 1));
  for (std::size_t i = 0; i < cell.curves.size(); ++i) paint_curve(painter, cell, i);
  for (std::size_t i = 0; i < cell.curves.size(); ++i) paint_limit(painter, cell, i);
  paint_pointers(painter, cell);
  painter.restore();
}

/// A curve over the band of its deviations; both are interrupted where a value has no place.
void PlotView::paint_curve(QPainter& painter, const Cell& cell, std::size_t number) const {
  const Curve& curve = cell.curves[number];
  const QColor colour = to_curve_colour(cell, number);
  QPainterPath path;
  QPolygonF upper, lower;
  const auto paint_band = [&] {
    std::ranges::reverse(lower);
    QColor pale = colour;
    pale.setAlpha(60);
    painter.setPen(Qt::NoPen);
    painter.setBrush(pale);
    painter.drawPolygon(upper + lower);
    painter.setBrush(Qt::NoBrush);
    upper.clear();
    lower.clear();
  };
  bool begun = false;
  for (std::size_t k = 0; k < curve.points.size(); ++k) {
    const auto& [x, y] = curve.points[k];
    const QPointF at = cell.place(x, y);
    if (!std::isfinite(at.y())) {
      begun = false;
      if (!upper.isEmpty()) paint_band();
      continue;
    }
    begun ? path.lineTo(at) : path.moveTo(at);
    begun = true;
    if (k >= curve.deviation.size() || !std::isfinite(curve.deviation[k])) continue;
    const double low = cell.place(x, y - curve.deviation[k]).y();
    upper << QPointF{at.x(), cell.place(x, y + curve.deviation[k]).y()};
    lower << QPointF{at.x(), std::isfinite(low) ? low : cell.area.bottom()};
  }
  if (!upper.isEmpty()) paint_band();
  painter.setPen(QPen{colour, 1.6, curve.dashed ? Qt::DashLine : Qt::SolidLine});
  painter.drawPath(path);
}

/// The marker, the place that the mouse points at, and the range that is being dragged.
void PlotView::paint_pointers(QPainter& painter, const Cell& cell) const {
  const QRectF& area = cell.area;
  const auto upright = [&](double x, const QPen& pen) {
    painter.setPen(pen);
    const double at = cell.place(x, cell.up.low).x();
    painter.drawLine(QPointF{at, area.top()}, QPointF{at, area.bottom()});
  };
  if (marker_) upright(*marker_, QPen{palette().color(QPalette::Highlight), 1.5});
  if (const auto x = pointed(cell)) {
    upright(*x, QPen{palette().color(QPalette::Text), 0.7, Qt::DotLine});
    for (std::size_t i = 0; i < cell.curves.size(); ++i)
      if (const auto y = to_sample(cell.curves[i], *x); y && std::isfinite(cell.up.position(*y))) {
        painter.setPen(QPen{to_curve_colour(cell, i), 1.6});
        painter.drawEllipse(cell.place(*x, *y), 3, 3);
      }
  }
  if (drag_) {
    QColor marked = palette().color(QPalette::Highlight);
    marked.setAlpha(90);
    const double a = cell.place((*drag_)[0], cell.up.low).x(), b = cell.place((*drag_)[1], cell.up.low).x();
    painter.fillRect(QRectF{QPointF{std::min(a, b), area.top()}, QPointF{std::max(a, b), area.bottom()}}, marked);
  }
}

/// A dashed level line with its value, in the curve's colour; above it, or below it at the top of the plot.
void PlotView::paint_limit(QPainter& painter, const Cell& cell, std::size_t curve) const {
  const auto& limit = cell.curves[curve].limit;
  if (!limit || !std::isfinite(cell.up.position(*limit))) return;
  const double y = cell.place(cell.across.low, *limit).y(), line = QFontMetricsF{font()}.height();
  painter.setPen(QPen{to_curve_colour(cell, curve), 1, Qt::DashLine});
  painter.drawLine(QPointF{cell.area.left(), y}, QPointF{cell.area.right(), y});
  const QString words = tr("ends below %1").arg(QString::fromStdString(format_value(*limit)));
  const bool above = y - line - 1 > cell.area.top();
  painter.drawText(QRectF{cell.area.left() + 4, above ? y - line - 1 : y + 1, cell.area.width() - 8, line},
                   Qt::AlignRight | Qt::AlignVCenter, words);
}

/// Names with the values at the pointer: beside the plot, or in a row above it.
void PlotView::paint_names(QPainter& painter, const Cell& cell) const {
  const QFontMetricsF metrics{font()};
  const double line = metrics.height();
  const auto x = pointed(cell);
  const bool beside = cell.legend.left() > cell.area.right();
  const QString at = x ? QString::fromStdString(format_value(*x)) + QLatin1Char(' ') + to_unit(x_label_) : note_;
  const double at_width = metrics.horizontalAdvance(at);
  painter.setPen(palette().color(QPalette::Text));
  painter.drawText(QRectF{cell.area.left(), cell.whole.top() + 2, cell.area.width(), line},
                   Qt::AlignRight | Qt::AlignVCenter, at);
  double left = cell.legend.left(), top = cell.legend.top();
  const double end = beside ? cell.legend.right() : cell.legend.right() - at_width - 12;
  for (std::size_t i = 0; i < cell.curves.size(); ++i) {
    const bool last_line = beside && top + 2 * line > cell.legend.bottom() && i + 1 < cell.curves.size();
    if (last_line) {
      painter.setPen(palette().color(QPalette::Text));
      painter.drawText(QPointF{left, top + metrics.ascent()}, tr("and %1 more").arg(cell.curves.size() - i));
      break;
    }
    const auto y = x ? to_sample(cell.curves[i], *x) : std::nullopt;
    const QString value = y ? QLatin1Char(' ') + QString::fromStdString(format_value(*y)) : QString{};
    const double room = end - left - metrics.horizontalAdvance(value);
    if (room < 20) break;
    const QString words = metrics.elidedText(cell.curves[i].name, Qt::ElideMiddle, room) + value;
    painter.setPen(to_curve_colour(cell, i));
    painter.drawText(QPointF{left, top + metrics.ascent()}, words);
    beside ? top += line : left += metrics.horizontalAdvance(words) + 14;
  }
}

void PlotView::contextMenuEvent(QContextMenuEvent* event) {
  QMenu menu;
  menu.addAction(tr("Copy as table"), this, [this] { QApplication::clipboard()->setText(table()); });
  menu.addAction(tr("Save as table or drawing ..."), this, [this] { save(); });
  menu.addAction(tr("Copy as picture"), this, [this] { QApplication::clipboard()->setPixmap(grab()); });
  QAction* const log = menu.addAction(tr("Logarithmic"), this,
                                      [this](bool on) { set_scale(on ? AxisScale::logarithmic : AxisScale::linear); });
  log->setCheckable(true);
  log->setChecked(logarithmic());
  menu.exec(event->globalPos());
}

void PlotView::wheelEvent(QWheelEvent* event) {
  const auto all = cells();
  const Cell* const cell = cell_at(all, event->position());
  const double before = zoom_;
  zoom_ = std::clamp(zoom_ * std::pow(1.2, event->angleDelta().y() / 120.0), 1.0, 1000.0);
  if (cell != nullptr && zoom_ > 1) {  // what is under the pointer stays there
    const double part = (event->position().x() - cell->area.left()) / cell->area.width();
    const double at = anchor_ * (1 - 1 / before) + part / before;  // of the whole axis
    anchor_ = std::clamp((at - part / zoom_) / (1 - 1 / zoom_), 0.0, 1.0);
  }
  update();
  event->accept();
}

void PlotView::mousePressEvent(QMouseEvent* event) {
  pressed_ = event->position();
  const auto all = cells();
  // A drag over the first or last values begins beside them.
  if (event->button() != Qt::LeftButton || cell_at(all, pressed_, draggable_ ? drag_slack_px : 0) == nullptr)
    return QWidget::mousePressEvent(event);
  if (draggable_) drag_ = {to_value(pressed_.x()), to_value(pressed_.x())};
  update();
}

void PlotView::mouseMoveEvent(QMouseEvent* event) {
  pointer_ = event->position();
  if (drag_) (*drag_)[1] = to_value(event->position().x());
  update();
}

void PlotView::mouseReleaseEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return;
  const auto dragged = std::exchange(drag_, std::nullopt);
  update();
  const bool moved = std::abs(event->position().x() - pressed_.x()) > 2;
  if (dragged && moved) {
    const auto [low, high] = std::minmax((*dragged)[0], (*dragged)[1]);
    return void(Q_EMIT range_dragged(low, high, event->modifiers() & Qt::ShiftModifier));
  }
  const auto all = cells();
  if (!moved && cell_at(all, event->position()) != nullptr) Q_EMIT picked(to_value(event->position().x()));
}

void PlotView::mouseDoubleClickEvent(QMouseEvent*) {
  zoom_ = anchor_ = 1;
  update();
}

void PlotView::leaveEvent(QEvent* event) {
  pointer_.reset();
  update();
  QWidget::leaveEvent(event);
}

}  // namespace iso::gui
