#include "gallery_view.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>

#include <algorithm>

namespace iso::gui {
namespace {

constexpr int gap = 8, least_side = 90, most_side = 220;

}  // namespace

GalleryView::GalleryView(QWidget* parent) : QAbstractScrollArea{parent} {
  setMinimumSize(160, 100);
  setFrameShape(QFrame::NoFrame);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setFocusPolicy(Qt::StrongFocus);
  setAccessibleName(tr("Gallery of bands"));
}

void GalleryView::set_thumbnails(std::vector<Thumbnail> thumbnails) {
  thumbnails_ = std::move(thumbnails);
  pictures_.clear();
  for (const Thumbnail& one : thumbnails_)
    pictures_.emplace_back(reinterpret_cast<const uchar*>(one.pixels.data()), one.width, one.height,
                           qsizetype{4} * one.width, QImage::Format_ARGB32);
  current_ = std::clamp(current_, 0, std::max(0, static_cast<int>(thumbnails_.size()) - 1));
  update_scroll_bar();
  viewport()->update();
}

void GalleryView::set_hint(QString hint) {
  hint_ = std::move(hint);
  viewport()->update();
}

void GalleryView::set_current(std::int64_t band) {
  for (std::size_t i = 0; i < thumbnails_.size(); ++i)
    if (thumbnails_[i].band == band) current_ = static_cast<int>(i);
  viewport()->update();
}

/// As many columns as make the pictures largest without scrolling, if they then are large enough to tell anything.
GalleryView::Grid GalleryView::grid() const {
  const int count = std::max(1, static_cast<int>(thumbnails_.size())), line = fontMetrics().height();
  const double shape = thumbnails_.empty()
                           ? 1
                           : static_cast<double>(thumbnails_.front().height) / std::max(1, thumbnails_.front().width);
  const int whole = viewport()->width() - gap;
  Grid best;
  for (int columns = 1; columns <= count; ++columns) {
    const int rows = (count + columns - 1) / columns;
    const int high = (viewport()->height() - gap) / rows - gap - line;
    const int wide = std::min({whole / columns - gap, static_cast<int>(high / shape), most_side});
    if (wide > best.width) best = {columns, wide, static_cast<int>(wide * shape) + line};
  }
  if (best.width >= std::min(least_side, whole)) return best;
  const int columns = std::clamp(whole / (least_side + gap), 1, count), wide = std::max(1, whole / columns - gap);
  return {columns, wide, static_cast<int>(wide * shape) + line};
}

QRect GalleryView::to_place(std::size_t number) const {
  const Grid cells = grid();
  const int column = static_cast<int>(number) % cells.columns, row = static_cast<int>(number) / cells.columns;
  return {gap + column * (cells.width + gap), gap + row * (cells.height + gap) - verticalScrollBar()->value(),
          cells.width, cells.height};
}

void GalleryView::update_scroll_bar() {
  const Grid cells = grid();
  const int rows = (static_cast<int>(thumbnails_.size()) + cells.columns - 1) / cells.columns;
  const int needed = gap + rows * (cells.height + gap);
  verticalScrollBar()->setRange(0, std::max(0, needed - viewport()->height()));
  verticalScrollBar()->setPageStep(viewport()->height());
  verticalScrollBar()->setSingleStep(cells.height / 2 + 1);
}

void GalleryView::resizeEvent(QResizeEvent* event) {
  QAbstractScrollArea::resizeEvent(event);
  update_scroll_bar();
}

void GalleryView::paintEvent(QPaintEvent*) {
  QPainter painter{viewport()};
  painter.fillRect(viewport()->rect(), palette().base());
  if (thumbnails_.empty()) {
    painter.setPen(palette().color(QPalette::Disabled, QPalette::Text));
    painter.drawText(viewport()->rect(), Qt::AlignCenter | Qt::TextWordWrap, hint_);
    return;
  }
  const int line = fontMetrics().height();
  painter.setRenderHint(QPainter::SmoothPixmapTransform);
  for (std::size_t i = 0; i < thumbnails_.size(); ++i) {
    const QRect cell = to_place(i), picture = cell.adjusted(0, 0, 0, -line);
    painter.fillRect(picture, Qt::black);
    painter.drawImage(picture, pictures_[i]);
    const bool chosen = static_cast<int>(i) == current_;
    painter.setPen(QPen{palette().color(chosen ? QPalette::Highlight : QPalette::Mid), chosen ? 2.0 : 1.0});
    painter.drawRect(picture);
    painter.setPen(palette().color(QPalette::Text));
    painter.drawText(
        QRect{cell.left(), picture.bottom() + 1, cell.width(), line}, Qt::AlignCenter,
        fontMetrics().elidedText(QString::fromStdString(thumbnails_[i].name), Qt::ElideMiddle, cell.width()));
  }
}

void GalleryView::move_to(int number) {
  if (thumbnails_.empty()) return;
  current_ = std::clamp(number, 0, static_cast<int>(thumbnails_.size()) - 1);
  const QRect place = to_place(static_cast<std::size_t>(current_));
  if (place.top() < 0) verticalScrollBar()->setValue(verticalScrollBar()->value() + place.top() - gap);
  if (place.bottom() > viewport()->height())
    verticalScrollBar()->setValue(verticalScrollBar()->value() + place.bottom() - viewport()->height() + gap);
  viewport()->update();
}

void GalleryView::mousePressEvent(QMouseEvent* event) {
  for (std::size_t i = 0; i < thumbnails_.size(); ++i)
    if (event->button() == Qt::LeftButton && to_place(i).contains(event->pos())) {
      move_to(static_cast<int>(i));
      return void(Q_EMIT chosen(thumbnails_[i].band));
    }
}

void GalleryView::keyPressEvent(QKeyEvent* event) {
  switch (event->key()) {
    case Qt::Key_Left: return move_to(current_ - 1);
    case Qt::Key_Right: return move_to(current_ + 1);
    case Qt::Key_Up: return move_to(current_ - grid().columns);
    case Qt::Key_Down: return move_to(current_ + grid().columns);
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_Space:
      if (!thumbnails_.empty()) Q_EMIT chosen(thumbnails_[static_cast<std::size_t>(current_)].band);
      return;
    default: QAbstractScrollArea::keyPressEvent(event);
  }
}

}  // namespace iso::gui
