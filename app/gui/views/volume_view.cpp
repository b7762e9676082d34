#include "volume_view.h"

#include "gl_view.h"
#include "graphics.h"
#include "marks_painter.h"

#include "gui/model/slice_turn.h"

#include <QApplication>
#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace iso::gui {
namespace {

/// Outlines, cube and badge, over the picture.
class Outlines : public QWidget {
 public:
  explicit Outlines(VolumeView& view) : QWidget{&view}, view_{view} { setAttribute(Qt::WA_TransparentForMouseEvents); }

 protected:
  void paintEvent(QPaintEvent*) override {
    QPainter painter{this};
    paint(painter, view_.outlines(), devicePixelRatioF());
    paint(painter, view_.cube(), devicePixelRatioF());
    const QString words = view_.badge();
    if (words.isEmpty()) return;
    const QRect box = painter.fontMetrics().boundingRect(words).adjusted(-3, -2, 3, 2);
    const QRect place{QPoint{8, height() - 8 - box.height()}, box.size()};
    painter.fillRect(place, QColor{0, 0, 0, 180});  // legible on a white volume too
    painter.setPen(QColor{255, 166, 26});
    painter.drawText(place, Qt::AlignCenter, words);
  }

 private:
  VolumeView& view_;
};

}  // namespace

VolumeView::VolumeView(Document& document, QWidget* parent)
    : QWidget{parent}, document_{document}, machine_limit_{volume_limit_of_machine()}, over_{new Outlines{*this}} {
  setAttribute(Qt::WA_OpaquePaintEvent);
  setFocusPolicy(Qt::StrongFocus);
  setProperty("own_keys", true);
  setMinimumSize(120, 90);
  connections_ = document_.watch([this] { follow(); });
  for (QTimer* const timer : {&rest_, &settle_}) timer->setSingleShot(true);
  rest_.setInterval(250);
  settle_.setInterval(150);
  connect(&rest_, &QTimer::timeout, this, [this] { moving(false); });
  connect(&settle_, &QTimer::timeout, this, [this] {
    // A map that is read meanwhile would be copied by the next stroke.
    if (picture().labels != drawn_.labels && QApplication::mouseButtons() != Qt::NoButton) return settle_.start();
    again();
  });
}

VolumeView::~VolumeView() {
  caster_.reset();
  if (card_ != nullptr) card_->set_renderer(nullptr);
}

void VolumeView::make_card_view() {
  scene_ = std::make_unique<render::VolumeScene>();
  scene_->set_limit(limit());
  card_ = new GlView{this};
  card_->setAttribute(Qt::WA_TransparentForMouseEvents);
  card_->set_renderer(scene_->renderer());
  card_->setGeometry(rect());
  card_->lower();
  card_->show();
}

void VolumeView::set_preset(const std::string& name) {
  preset_ = name;
  again();
  Q_EMIT options_changed();
}

void VolumeView::set_shift(double part) {
  shift_ = std::clamp(part, -1.0, 1.0);
  moving(true);
  Q_EMIT options_changed();
}

void VolumeView::set_crop(const render::CropBox& crop) {
  for (std::size_t axis = 0; axis < 3; ++axis) {
    crop_.from[axis] = std::clamp(crop.from[axis], 0.0, 0.99);
    crop_.to[axis] = std::clamp(crop.to[axis], crop_.from[axis] + 0.01, 1.0);
  }
  moving(true);
  Q_EMIT options_changed();
}

void VolumeView::set_labels_shown(bool on) {
  labels_shown_ = on;
  again();
  Q_EMIT options_changed();
}

void VolumeView::set_limit(std::int64_t voxels) {
  limit_ = std::max<std::int64_t>(0, voxels);
  if (scene_) scene_->set_limit(limit());
  again();
  Q_EMIT options_changed();
}

void VolumeView::again() {
  due_ = true;
  if (isVisible()) ask();
  over_->update();
}

void VolumeView::follow() {
  over_->update();
  const render::VolumePicture now = picture();
  if (now == drawn_) return;
  const auto labels = [](const render::VolumePicture& picture) { return picture.raster && picture.raster->labels; };
  if (now.raster != drawn_.raster && !(labels(now) && labels(drawn_))) return again();
  settle_.start();
}

void VolumeView::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  over_->setGeometry(rect());
  if (card_ != nullptr) card_->setGeometry(rect());
  again();
}

void VolumeView::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  if (due_) ask();
}

const Item* VolumeView::label_item() const {
  const Look& look = document_.look();
  const auto labels = [&](ItemId id) -> const Item* {
    const Item* const item = document_.find(id);
    return item != nullptr && item->raster && item->raster->labels ? item : nullptr;
  };
  if (const Item* const base = labels(look.layout.base)) return base;
  return look.overlay.shown ? labels(look.overlay.item) : nullptr;
}

bool VolumeView::drawable() const {
  return (drawn_.raster && !drawn_.raster->labels && render::has_depth(*drawn_.raster)) ||
         (drawn_.labels && render::has_depth(*drawn_.labels));
}

render::VolumePicture VolumeView::picture() const {
  render::VolumePicture picture;
  const Item* const item = document_.find(document_.look().layout.base);
  if (item == nullptr || !item->raster) return picture;
  picture.raster = item->raster;
  picture.frame = std::clamp<std::int64_t>(document_.look().frame, 0, item->raster->frames - 1);
  picture.preset = preset_;
  picture.shift = shift_;
  picture.crop = crop_;
  picture.low = item->display.centre - item->display.width / 2;
  picture.high = item->display.centre + item->display.width / 2;
  if (const Item* const labels = labels_shown_ ? label_item() : nullptr) {
    picture.labels = labels->raster;
    if (labels->display.palette) picture.palette = *labels->display.palette;
  }
  return picture;
}

void VolumeView::ask() {
  drawn_ = picture();
  due_ = false;
  finished_ = false;
  if (drawn_.raster && placed_ != drawn_.raster->frame) {
    eye_.look_at(drawn_.raster->frame, drawn_.raster->anatomical ? 'A' : 'S');
    placed_ = drawn_.raster->frame;
  }
  if (!drawable()) {
    image_ = {};
    finished_ = true;
    if (card_ != nullptr) card_->hide();
    set_reduction(1);
    return update();
  }
  ++made_;
  if (!scene_ && !caster_ && graphics().card) make_card_view();
  if (scene_) {
    card_->show();
    scene_->set_interactive(moving_);
    scene_->show(drawn_);
    scene_->look(eye_);
    set_reduction(scene_->reduction());
    finished_ = true;
    return card_->update();
  }
  if (!caster_)
    caster_ = std::make_unique<render::VolumeCaster>([this](std::shared_ptr<const render::CastPicture> made) {
      QMetaObject::invokeMethod(
          this, [this, made = std::move(made)] { take(*made); }, Qt::QueuedConnection);
    });
  const double ratio = devicePixelRatioF();
  const Item* const labels = drawn_.labels ? label_item() : nullptr;
  caster_->ask({drawn_, labels != nullptr ? labels->data : nullptr, eye_,
                std::max(1, static_cast<int>(std::lround(width() * ratio))),
                std::max(1, static_cast<int>(std::lround(height() * ratio))), moving_, limit(), made_});
}

void VolumeView::take(const render::CastPicture& made) {
  if (!drawable()) return;
  set_reduction(made.reduction);
  image_ = QImage{reinterpret_cast<const uchar*>(made.pixels.data()), made.width, made.height,
                  static_cast<qsizetype>(made.width) * 4, QImage::Format_RGB32}
               .copy();
  stride_ = made.stride;
  finished_ = made.number == made_ && made.finished;
  update();
}

void VolumeView::set_reduction(int reduction) {
  if (reduction == reduction_) return;
  reduction_ = reduction;
  over_->update();
  Q_EMIT options_changed();
}

QString VolumeView::badge() const {
  return reduction_ > 1 && drawable() ? tr("reduced %1 x for display").arg(reduction_) : QString{};
}

void VolumeView::paintEvent(QPaintEvent*) {
  QPainter painter{this};
  if (image_.isNull()) return painter.fillRect(rect(), Qt::black);
  painter.setRenderHint(QPainter::SmoothPixmapTransform, stride_ > 1);
  const double ratio = devicePixelRatioF();
  painter.drawImage(QRectF{0, 0, image_.width() * stride_ / ratio, image_.height() * stride_ / ratio}, image_);
}

render::Marks VolumeView::outlines() const {
  const Look& look = document_.look();
  const Item* const item = document_.find(look.layout.base);
  if (item == nullptr || !item->raster || !item->raster->anatomical || !look.crosshair.visible || !placed_ ||
      !drawable())
    return {};
  std::vector<render::PlaneOutline> planes;
  for (const auto orientation :
       {render::Orientation::axial, render::Orientation::coronal, render::Orientation::sagittal})
    planes.push_back(
        {turned_plane(*item->raster, orientation, look, look.crosshair.position_mm), to_colour(orientation)});
  const double ratio = devicePixelRatioF();
  return render::make_outlines(eye_, *placed_, planes, static_cast<int>(std::lround(width() * ratio)),
                               static_cast<int>(std::lround(height() * ratio)), ratio);
}

render::Marks VolumeView::cube() const {
  if (!drawn_.raster || !drawable() || !document_.look().layout.annotations) return {};
  const double ratio = devicePixelRatioF();
  return render::make_orientation_cube(eye_, *drawn_.raster, static_cast<int>(std::lround(width() * ratio)),
                                       static_cast<int>(std::lround(height() * ratio)), ratio);
}

void VolumeView::moving(bool now) {
  moving_ = now;
  if (now) rest_.start();
  again();
}

void VolumeView::look_from(char side) {
  if (placed_) eye_.look_at(*placed_, side);
  again();
}

void VolumeView::reset_eye() { look_from('A'); }

void VolumeView::contextMenuEvent(QContextMenuEvent* event) {
  if (event->reason() == QContextMenuEvent::Keyboard) Q_EMIT menu_asked(mapToGlobal(rect().center()));
}

void VolumeView::mousePressEvent(QMouseEvent* event) {
  last_ = pressed_ = event->position();
  moved_ = false;
}

void VolumeView::mouseMoveEvent(QMouseEvent* event) {
  moved_ = moved_ || (event->position() - pressed_).manhattanLength() >= QApplication::startDragDistance();
  if ((event->buttons() & Qt::RightButton) && !moved_) return;
  const QPointF step = event->position() - last_;
  last_ = event->position();
  const double dx = step.x() / std::max(1, width()), dy = step.y() / std::max(1, height());
  if (event->buttons() & Qt::LeftButton)
    (event->modifiers() & Qt::ShiftModifier) ? eye_.pan(step.x() / std::max(1, height()), dy) : eye_.orbit(dx, dy);
  else if (event->buttons() & Qt::MiddleButton)
    eye_.pan(step.x() / std::max(1, height()), dy);
  else if (event->buttons() & Qt::RightButton)
    eye_.zoom(std::pow(4.0, -dy));
  else
    return;
  moving(true);
}

void VolumeView::mouseReleaseEvent(QMouseEvent* event) {
  if (event->button() == Qt::RightButton && !moved_) return void(Q_EMIT menu_asked(event->globalPosition().toPoint()));
  if (moved_) moving(false);
}

void VolumeView::mouseDoubleClickEvent(QMouseEvent* event) {
  if (event->button() == Qt::LeftButton) Q_EMIT maximise_asked();
}

void VolumeView::wheelEvent(QWheelEvent* event) {
  eye_.zoom(std::pow(1.15, event->angleDelta().y() / 120.0));
  moving(true);
  event->accept();
}

void VolumeView::keyPressEvent(QKeyEvent* event) {
  const bool other = event->modifiers() & Qt::ShiftModifier;
  switch (event->key()) {
    case Qt::Key_1: return look_from(other ? 'P' : 'A');
    case Qt::Key_3: return look_from(other ? 'R' : 'L');
    case Qt::Key_7: return look_from(other ? 'I' : 'S');
    case Qt::Key_R:
    case Qt::Key_Space: return reset_eye();
    case Qt::Key_Left: eye_.orbit(-0.05, 0); break;
    case Qt::Key_Right: eye_.orbit(0.05, 0); break;
    case Qt::Key_Up: eye_.orbit(0, -0.05); break;
    case Qt::Key_Down: eye_.orbit(0, 0.05); break;
    default: QWidget::keyPressEvent(event); return;
  }
  moving(true);
}

}  // namespace iso::gui
