#include "time_profile_view.h"

#include "gui/presenters/plot_axis.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace iso::gui {

TimeProfileView::TimeProfileView(Document& document, QWidget* parent)
    : QWidget{parent}, document_{document}, profiles_{document} {
  setAccessibleName(tr("Time profile"));
  setObjectName(QStringLiteral("Time profile"));
  setFocusPolicy(Qt::StrongFocus);
  setMinimumSize(120, 90);
  connections_ = document_.watch([this] { update(); });
}

QRectF TimeProfileView::picture_rect() const {
  const QFontMetricsF metrics{font()};
  const double line = metrics.height(), left = metrics.horizontalAdvance(QStringLiteral("0000")) + 10;
  return {left, 1.6 * line, std::max(1.0, width() - left - line), std::max(1.0, height() - 4.6 * line)};
}

void TimeProfileView::paint_axes(QPainter& painter, const TimeProfile& profile, const QRectF& at) const {
  const QFontMetricsF metrics{font()};
  const double line = metrics.height();
  const auto frames = static_cast<double>(profile.picture->frame.size[1]);
  painter.setPen(QColor{0xdd, 0xdd, 0xdd});
  painter.drawText(QRectF{0, 0.2 * line, double(width()), line}, Qt::AlignCenter,
                   tr("%1 over time").arg(QString::fromStdString(profile.name)));
  for (const double mm : linear_ticks(0, profile.length_mm, std::max(2, static_cast<int>(at.width() / 80)))) {
    const double x = at.left() + mm / profile.length_mm * at.width();
    painter.drawLine(QPointF{x, at.bottom()}, QPointF{x, at.bottom() + 4});
    painter.drawText(QRectF{x - 50, at.bottom() + 4, 100, line}, Qt::AlignCenter, QString::number(mm));
  }
  painter.drawText(QRectF{at.left(), at.bottom() + 4 + line, at.width(), line}, Qt::AlignCenter,
                   tr("mm from the first point"));
  for (const double frame : linear_ticks(1, frames, std::max(2, static_cast<int>(at.height() / 40)))) {
    if (frame != std::floor(frame)) continue;
    const double y = at.top() + (frame - 0.5) / frames * at.height();
    painter.drawLine(QPointF{at.left() - 4, y}, QPointF{at.left(), y});
    painter.drawText(QRectF{0, y - line / 2, at.left() - 6, line}, Qt::AlignRight | Qt::AlignVCenter,
                     QString::number(frame));
  }
  painter.drawText(QRectF{4, at.bottom() + 4 + line, at.left() + 40, line}, Qt::AlignLeft,
                   QString::fromStdString(profile.picture->axes[1]));
}

void TimeProfileView::paintEvent(QPaintEvent*) {
  QPainter painter{this};
  painter.fillRect(rect(), Qt::black);
  const TimeProfile* const profile = profiles_.current();
  const Item* const item = profile == nullptr ? nullptr : document_.find(profile->item);
  if (item == nullptr) {
    painter.setPen(QColor{0xdd, 0xdd, 0xdd});
    painter.drawText(rect(), Qt::AlignCenter | Qt::TextWordWrap,
                     tr("Draw a line on a series of frames: its values over time appear here."));
    return;
  }
  const auto& size = profile->picture->frame.size;
  const int across = static_cast<int>(size[0]), down = static_cast<int>(size[1]);
  render::SlicePicture picture;  // one pixel a value; the painter stretches it
  picture.plane = {{(across - 1) / 2.0, (down - 1) / 2.0, 0}, {1, 0, 0}, {0, -1, 0}};
  render::Display display = item->display;
  display.interpolate = false;
  picture.layers = {{profile->picture, display, 0, {}}};
  const auto& pixels = image_.make(picture, across, down);
  const QImage shown{reinterpret_cast<const uchar*>(pixels.data()), across, down, qsizetype{4} * across,
                     QImage::Format_RGB32};
  const QRectF at = picture_rect();
  painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
  painter.drawImage(at, shown);
  paint_axes(painter, *profile, at);
  const auto frame = static_cast<double>(std::min<std::int64_t>(document_.look().frame, down - 1));
  const double y = at.top() + (frame + 0.5) / down * at.height();
  painter.setPen(QPen{QColor{90, 190, 255}, 1});
  painter.drawLine(QPointF{at.left(), y}, QPointF{at.right(), y});
  if (hasFocus()) {
    painter.setPen(QPen{palette().highlight().color(), 2});
    painter.drawRect(rect().adjusted(1, 1, -1, -1));
  }
}

void TimeProfileView::go_to(double y) {
  const TimeProfile* const profile = profiles_.current();
  if (profile == nullptr) return;
  const QRectF at = picture_rect();
  const std::int64_t frames = profile->picture->frame.size[1];
  Look look = document_.look();
  look.frame = std::clamp<std::int64_t>(
      static_cast<std::int64_t>(std::floor((y - at.top()) / at.height() * static_cast<double>(frames))), 0, frames - 1);
  document_.set_look(look);
}

void TimeProfileView::step(int frames) {
  const TimeProfile* const profile = profiles_.current();
  if (profile == nullptr) return;
  Look look = document_.look();
  look.frame = std::clamp<std::int64_t>(look.frame + frames, 0, profile->picture->frame.size[1] - 1);
  document_.set_look(look);
}

void TimeProfileView::mousePressEvent(QMouseEvent* event) {
  if (event->button() == Qt::LeftButton) go_to(event->position().y());
}

void TimeProfileView::mouseMoveEvent(QMouseEvent* event) {
  if (event->buttons() & Qt::LeftButton) go_to(event->position().y());
}

void TimeProfileView::mouseDoubleClickEvent(QMouseEvent* event) {
  if (event->button() == Qt::LeftButton) Q_EMIT maximise_asked();
}

void TimeProfileView::wheelEvent(QWheelEvent* event) {
  if (event->angleDelta().y() != 0) step(event->angleDelta().y() > 0 ? -1 : 1);
  event->accept();
}

void TimeProfileView::keyPressEvent(QKeyEvent* event) {
  switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_Up: step(-1); return;
    case Qt::Key_Right:
    case Qt::Key_Down: step(1); return;
    case Qt::Key_Home: step(-1000000); return;
    case Qt::Key_End: step(1000000); return;
    default: QWidget::keyPressEvent(event);
  }
}

}  // namespace iso::gui
