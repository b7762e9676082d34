#include "plot_view.h"

#include "iso/base/error.h"
#include "iso/io/registry.h"

#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QFileDialog>
#include <QMenu>
#include <QMessageBox>
#include <QPainter>
#include <QPainterPath>
#include <QWheelEvent>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <map>

namespace iso::gui {

namespace {

constexpr std::array<QRgb, 6> curve_colours{0xff4fa3ff, 0xffffb347, 0xff6fcf6f, 0xffe06c9f, 0xffb39ddb, 0xff9e9e9e};

PlotAxis y_axis(std::span<const Curve> curves, AxisScale scale, int count) {
  std::vector<double> values;
  for (const Curve& curve : curves)
    for (const auto& [x, y] : curve.points) values.push_back(y);
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

}  // namespace

PlotView::PlotView(QWidget* parent) : QWidget{parent} {
  setMinimumSize(160, 100);
  setFocusPolicy(Qt::StrongFocus);  // the menu key opens what the right button opens
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
  const std::array<double, 2> shown{whole.high - (whole.high - whole.low) / zoom_, whole.high};
  return make_axis(shown, AxisScale::linear, count);
}

void PlotView::paintEvent(QPaintEvent*) {
  QPainter painter{this};
  painter.setRenderHint(QPainter::Antialiasing);
  painter.fillRect(rect(), palette().base());
  const std::span<const Curve> all{curves_};
  if (!separate_ || all.size() < 2) return paint_plot(painter, rect(), all, 0);
  const int count = static_cast<int>(all.size()), columns = columns_for(count, width(), height());
  const int rows = (count + columns - 1) / columns;
  const double across = static_cast<double>(width()) / columns, down = static_cast<double>(height()) / rows;
  for (int i = 0; i < count; ++i)
    paint_plot(painter, {i % columns * across, i / columns * down, across, down},
               all.subspan(static_cast<std::size_t>(i), 1), static_cast<std::size_t>(i));
}

void PlotView::paint_plot(QPainter& painter, const QRectF& cell, std::span<const Curve> curves,
                          std::size_t colour) const {
  const QFontMetrics metrics{font()};
  const double line = metrics.height(), left = metrics.horizontalAdvance(QStringLiteral("-0.00e+00"));
  const QRectF area{cell.left() + left + 6, cell.top() + line * 0.5 + 4, cell.width() - left - 18,
                    cell.height() - 2.6 * line - 8};
  if (curves.empty() || area.width() < 20 || area.height() < 20) {
    painter.setPen(palette().color(QPalette::Disabled, QPalette::Text));
    painter.drawText(cell, Qt::AlignCenter, curves.empty() ? tr("No curve yet") : curves.front().name);
    return;
  }
  const PlotAxis across = x_axis(curves, std::max(2, static_cast<int>(area.width() / 70)));
  const PlotAxis up = y_axis(curves, scale_, std::max(2, static_cast<int>(area.height() / (2.5 * line))));
  const auto place = [&](double x, double y) {
    return QPointF{area.left() + across.position(x) * area.width(), area.bottom() - up.position(y) * area.height()};
  };
  QColor faint = palette().color(QPalette::Text);
  faint.setAlpha(50);
  for (const PlotAxis::Tick& tick : up.ticks) {
    const double y = place(across.low, tick.value).y();
    painter.setPen(faint);
    painter.drawLine(QPointF{area.left(), y}, QPointF{area.right(), y});
    painter.setPen(palette().color(QPalette::Text));
    painter.drawText(QRectF{cell.left(), y - line / 2, left + 1, line}, Qt::AlignRight | Qt::AlignVCenter,
                     QString::fromStdString(tick.label));
  }
  for (const PlotAxis::Tick& tick : across.ticks) {
    const double x = place(tick.value, up.low).x();
    painter.setPen(faint);
    painter.drawLine(QPointF{x, area.top()}, QPointF{x, area.bottom()});
    painter.setPen(palette().color(QPalette::Text));
    painter.drawText(QRectF{x - 40, area.bottom() + 2, 80, line}, Qt::AlignCenter, QString::fromStdString(tick.label));
  }
  painter.drawText(QRectF{area.left(), area.bottom() + line + 2, area.width(), line * 1.3}, Qt::AlignCenter,
                   x_label_ + (y_label_.isEmpty() ? QString{} : QStringLiteral("   |   ") + y_label_));
  painter.drawRect(area);
  painter.save();
  painter.setClipRect(area.adjusted(-1, -1, 1, 1));
  double legend = area.top() + line;
  for (std::size_t i = 0; i < curves.size(); ++i) {
    QPainterPath path;
    bool begun = false;
    for (const auto& [x, y] : curves[i].points) {
      const QPointF at = place(x, y);
      if (!std::isfinite(at.y())) {
        begun = false;
        continue;
      }
      begun ? path.lineTo(at) : path.moveTo(at);
      begun = true;
    }
    painter.setPen(QPen{QColor{curve_colours[(colour + i) % curve_colours.size()]}, 1.6});
    painter.drawPath(path);
    const double from = separate_ ? area.right() - 8 - metrics.horizontalAdvance(curves[i].name) : area.left() + 8;
    painter.drawText(QPointF{from, legend}, curves[i].name);
    legend += line;
  }
  painter.setPen(palette().color(QPalette::Text));
  painter.drawText(area.adjusted(0, 3, -6, 0), Qt::AlignTop | Qt::AlignRight, note_);
  painter.restore();
}

QString PlotView::table() const {
  std::map<double, std::vector<QString>> rows;
  for (std::size_t i = 0; i < curves_.size(); ++i)
    for (const auto& [x, y] : curves_[i].points) {
      auto& row = rows[x];
      row.resize(curves_.size());
      row[i] = QString::number(y, 'g', 9);
    }
  QString text = x_label_.isEmpty() ? QStringLiteral("x") : x_label_;
  for (const Curve& curve : curves_) text += QLatin1Char('\t') + curve.name;
  for (const auto& [x, values] : rows) {
    text += QLatin1Char('\n') + QString::number(x, 'g', 9);
    for (const QString& value : values) text += QLatin1Char('\t') + value;
  }
  return text + QLatin1Char('\n');
}

void PlotView::save() {
  const QString name = QFileDialog::getSaveFileName(this, tr("Save the curves"), QStringLiteral("curves.tsv"),
                                                    tr("Table (*.tsv *.txt)"));
  if (name.isEmpty()) return;
  try {
    io::write_atomically(name.toStdString(), true, [&](const std::filesystem::path& temporary) {
      std::ofstream stream{temporary, std::ios::binary};
      stream << table().toStdString();
      stream.close();
      if (!stream)
        throw Error{Errc::cannot_write, "'" + name.toStdString() + "' cannot be written", "is the disk full?"};
    });
  } catch (const Error& problem) {
    QMessageBox::warning(this, tr("Save the curves"), QString::fromUtf8(problem.what()));
  }
}

void PlotView::contextMenuEvent(QContextMenuEvent* event) {
  QMenu menu;
  menu.addAction(tr("Copy as table"), this, [this] { QApplication::clipboard()->setText(table()); });
  menu.addAction(tr("Save as table ..."), this, [this] { save(); });
  menu.addAction(tr("Copy as picture"), this, [this] { QApplication::clipboard()->setPixmap(grab()); });
  QAction* const log = menu.addAction(tr("Logarithmic"), this,
                                      [this](bool on) { set_scale(on ? AxisScale::logarithmic : AxisScale::linear); });
  log->setCheckable(true);
  log->setChecked(logarithmic());
  menu.exec(event->globalPos());
}

void PlotView::wheelEvent(QWheelEvent* event) {
  zoom_ = std::clamp(zoom_ * std::pow(1.2, event->angleDelta().y() / 120.0), 1.0, 1000.0);
  update();
  event->accept();
}

void PlotView::mouseDoubleClickEvent(QMouseEvent*) {
  zoom_ = 1;
  update();
}

}  // namespace iso::gui
