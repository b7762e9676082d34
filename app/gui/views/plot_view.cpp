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

std::vector<double> ticks(double low, double high, int count) {
  if (!(high > low) || count < 1) return {low};
  const double rough = (high - low) / count, decade = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * decade;
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * decade >= rough) {
      step = factor * decade;
      break;
    }
  std::vector<double> places;
  for (double at = std::ceil(low / step - 1e-9) * step; at <= high + 1e-9 * step; at += step)
    places.push_back(std::abs(at) < 1e-12 * step ? 0 : at);
  return places;
}

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

void PlotView::set_logarithmic(bool on) {
  logarithmic_ = on;
  update();
}

PlotView::Range PlotView::range() const {
  Range r{1e300, -1e300, 1e300, -1e300};
  for (const Curve& curve : curves_)
    for (const auto& [x, y] : curve.points) {
      if (!std::isfinite(y) || (logarithmic_ && y <= 0)) continue;
      const double shown = logarithmic_ ? std::log10(y) : y;
      r = {std::min(r.x0, x), std::max(r.x1, x), std::min(r.y0, shown), std::max(r.y1, shown)};
    }
  if (r.x0 > r.x1) return {};
  if (r.x1 == r.x0) r.x1 = r.x0 + 1;
  const double air = r.y1 > r.y0 ? 0.05 * (r.y1 - r.y0) : std::max(1e-12, 0.5 * std::abs(r.y1) + 1e-12);
  r.y0 -= air;
  r.y1 += air;
  r.x0 = r.x1 - (r.x1 - r.x0) / zoom_;
  return r;
}

void PlotView::paintEvent(QPaintEvent*) {
  QPainter painter{this};
  painter.setRenderHint(QPainter::Antialiasing);
  painter.fillRect(rect(), palette().base());
  const QFontMetrics metrics{font()};
  const int line = metrics.height();
  const QRectF area{metrics.horizontalAdvance(QStringLiteral("-0.00e+00")) + 6.0, line * 0.5 + 4,
                    width() - metrics.horizontalAdvance(QStringLiteral("-0.00e+00")) - 18.0, height() - 2.6 * line - 8};
  if (curves_.empty() || area.width() < 20 || area.height() < 20) {
    painter.setPen(palette().color(QPalette::Disabled, QPalette::Text));
    painter.drawText(rect(), Qt::AlignCenter, tr("No curve yet"));
    return;
  }
  const Range r = range();
  const auto place = [&](double x, double y) {
    return QPointF{area.left() + (x - r.x0) / (r.x1 - r.x0) * area.width(),
                   area.bottom() - (y - r.y0) / (r.y1 - r.y0) * area.height()};
  };
  QColor faint = palette().color(QPalette::Text);
  faint.setAlpha(50);
  for (const double y : ticks(r.y0, r.y1, std::max(2, static_cast<int>(area.height() / (2.5 * line))))) {
    painter.setPen(faint);
    painter.drawLine(QPointF{area.left(), place(0, y).y()}, QPointF{area.right(), place(0, y).y()});
    painter.setPen(palette().color(QPalette::Text));
    const QString words = QString::number(logarithmic_ ? std::pow(10, y) : y, 'g', 3);
    painter.drawText(QRectF{0, place(0, y).y() - line / 2.0, area.left() - 5, static_cast<double>(line)},
                     Qt::AlignRight | Qt::AlignVCenter, words);
  }
  for (const double x : ticks(r.x0, r.x1, std::max(2, static_cast<int>(area.width() / 70)))) {
    painter.setPen(faint);
    painter.drawLine(QPointF{place(x, 0).x(), area.top()}, QPointF{place(x, 0).x(), area.bottom()});
    painter.setPen(palette().color(QPalette::Text));
    painter.drawText(QRectF{place(x, 0).x() - 40, area.bottom() + 2, 80, static_cast<double>(line)}, Qt::AlignCenter,
                     QString::number(x, 'g', 4));
  }
  painter.drawText(QRectF{area.left(), area.bottom() + line + 2, area.width(), static_cast<double>(line) * 1.3},
                   Qt::AlignCenter, x_label_ + (y_label_.isEmpty() ? QString{} : QStringLiteral("   |   ") + y_label_));
  painter.drawRect(area);
  static constexpr std::array<QRgb, 6> colours{0xff4fa3ff, 0xffffb347, 0xff6fcf6f, 0xffe06c9f, 0xffb39ddb, 0xff9e9e9e};
  painter.setClipRect(area.adjusted(-1, -1, 1, 1));
  double legend = area.top() + line;
  for (std::size_t i = 0; i < curves_.size(); ++i) {
    QPainterPath path;
    bool begun = false;
    for (const auto& [x, y] : curves_[i].points) {
      if (!std::isfinite(y) || (logarithmic_ && y <= 0)) {
        begun = false;
        continue;
      }
      const QPointF at = place(x, logarithmic_ ? std::log10(y) : y);
      begun ? path.lineTo(at) : path.moveTo(at);
      begun = true;
    }
    painter.setPen(QPen{QColor{colours[i % colours.size()]}, 1.6});
    painter.drawPath(path);
    painter.drawText(QPointF{area.left() + 8, legend}, curves_[i].name);
    legend += line;
  }
  painter.setPen(palette().color(QPalette::Text));
  painter.drawText(area.adjusted(0, 3, -6, 0), Qt::AlignTop | Qt::AlignRight, note_);
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
  QAction* const log = menu.addAction(tr("Logarithmic"), this, [this](bool on) { set_logarithmic(on); });
  log->setCheckable(true);
  log->setChecked(logarithmic_);
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
