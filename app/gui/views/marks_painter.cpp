#include "marks_painter.h"

#include <QFont>
#include <QPainter>
#include <QPolygonF>

#include <algorithm>
#include <utility>

namespace iso::gui {
namespace {

constexpr double far = 1e5;  ///< pixels; words are laid into a box that is larger than any

QColor to_colour(const std::array<double, 3>& c) { return QColor::fromRgbF(float(c[0]), float(c[1]), float(c[2])); }

void paint_line(QPainter& painter, const render::MarkLine& line) {
  if (line.points.size() < 2) return;
  QPolygonF points;
  bool upright = true;  // nothing to smooth
  for (const auto& [x, y] : line.points) {
    if (!points.isEmpty()) upright = upright && (x == points.back().x() || y == points.back().y());
    points << QPointF{x, y};
  }
  QPen pen{to_colour(line.colour), line.width};
  pen.setCosmetic(true);
  pen.setJoinStyle(Qt::MiterJoin);
  painter.setRenderHint(QPainter::Antialiasing, !upright);
  painter.setPen(pen);
  painter.drawPolyline(points);
}

void paint_text(QPainter& painter, const render::MarkText& text) {
  QFont font = painter.font();
  font.setPixelSize(std::max(1, text.size));
  painter.setFont(font);
  using render::Across;
  using render::Along;
  QRectF box{text.x - far, text.y - far, 2 * far, 2 * far};
  int flags = Qt::TextDontClip;
  switch (text.across) {
    case Across::left: box.setLeft(text.x), flags |= Qt::AlignLeft; break;
    case Across::centre: flags |= Qt::AlignHCenter; break;
    case Across::right: box.setRight(text.x), flags |= Qt::AlignRight; break;
  }
  switch (text.along) {
    case Along::top: box.setTop(text.y), flags |= Qt::AlignTop; break;
    case Along::centre: flags |= Qt::AlignVCenter; break;
    case Along::bottom: box.setBottom(text.y), flags |= Qt::AlignBottom; break;
  }
  const QString words = QString::fromStdString(text.words);
  const double rim = std::max(1.0, text.size / 12.0);  // legible on white too
  painter.setPen(Qt::black);
  for (const auto& [dx, dy] : {std::pair{rim, rim}, {-rim, rim}, {rim, -rim}, {-rim, -rim}})
    painter.drawText(box.translated(dx, dy), flags, words);
  painter.setPen(to_colour(text.colour));
  painter.drawText(box, flags, words);
}

}  // namespace

void paint(QPainter& painter, const render::Marks& marks, double pixel_ratio) {
  painter.save();
  painter.scale(1 / pixel_ratio, 1 / pixel_ratio);
  for (const render::MarkLine& line : marks.lines) paint_line(painter, line);
  for (const render::MarkText& text : marks.texts) paint_text(painter, text);
  painter.restore();
}

}  // namespace iso::gui
