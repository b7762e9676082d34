#include "volume_view.h"

#include "gui/presenters/slice_presenter.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QWheelEvent>

#include <cmath>

namespace iso::gui {

VolumeView::VolumeView(Document& document, QWidget* parent)
    : GlView{parent}, document_{document}, scene_{std::make_unique<render::VolumeScene>()} {
  set_renderer(scene_->renderer());
  prepare = [this](int, int, double) { scene_->show(picture()); };
  setFocusPolicy(Qt::StrongFocus);
  setMinimumSize(120, 90);
  const auto again = [this] { update(); };
  connections_.push_back(document_.items_changed.connect(again));
  connections_.push_back(document_.look_changed.connect(again));
  item_connection_ = document_.item_changed.connect([this](ItemId) { update(); });
  rest_.setSingleShot(true);
  rest_.setInterval(250);
  connect(&rest_, &QTimer::timeout, this, [this] { moving(false); });
}

VolumeView::~VolumeView() { set_renderer(nullptr); }

void VolumeView::set_preset(const std::string& name) {
  preset_ = name;
  update();
}

render::VolumePicture VolumeView::picture() const {
  render::VolumePicture picture;
  const Item* const item = document_.find(document_.look().base);
  if (item == nullptr || !item->raster) return picture;
  const Look& look = document_.look();
  picture.raster = item->raster;
  picture.frame = std::clamp<std::int64_t>(look.frame, 0, item->raster->frames - 1);
  picture.preset = preset_;
  picture.low = item->display.centre - item->display.width / 2;
  picture.high = item->display.centre + item->display.width / 2;
  if (look.crosshair_visible && item->raster->anatomical)
    for (const auto orientation :
         {render::Orientation::axial, render::Orientation::coronal, render::Orientation::sagittal}) {
      picture.planes.push_back(standard_plane(*item->raster, orientation, look.crosshair_mm));
      picture.plane_colours.push_back(colour_of(orientation));
    }
  return picture;
}

void VolumeView::moving(bool now) {
  scene_->set_interactive(now);
  if (now) rest_.start();
  update();
}

void VolumeView::mousePressEvent(QMouseEvent* event) { last_ = event->position(); }

void VolumeView::mouseMoveEvent(QMouseEvent* event) {
  const QPointF step = event->position() - last_;
  last_ = event->position();
  const double dx = step.x() / std::max(1, width()), dy = step.y() / std::max(1, height());
  if (event->buttons() & Qt::LeftButton)
    (event->modifiers() & Qt::ShiftModifier) ? scene_->pan(dx, dy) : scene_->orbit(dx, dy);
  else if (event->buttons() & Qt::MiddleButton)
    scene_->pan(dx, dy);
  else if (event->buttons() & Qt::RightButton)
    scene_->zoom(std::pow(4.0, -dy));
  else
    return;
  moving(true);
}

void VolumeView::mouseReleaseEvent(QMouseEvent*) { moving(false); }

void VolumeView::mouseDoubleClickEvent(QMouseEvent* event) {
  if (event->button() == Qt::LeftButton) Q_EMIT maximise_asked();
}

void VolumeView::wheelEvent(QWheelEvent* event) {
  scene_->zoom(std::pow(1.15, event->angleDelta().y() / 120.0));
  moving(true);
  event->accept();
}

void VolumeView::keyPressEvent(QKeyEvent* event) {
  const bool other = event->modifiers() & Qt::ShiftModifier;
  switch (event->key()) {
    case Qt::Key_1: scene_->look_from(other ? 'P' : 'A'); break;
    case Qt::Key_3: scene_->look_from(other ? 'R' : 'L'); break;
    case Qt::Key_7: scene_->look_from(other ? 'I' : 'S'); break;
    case Qt::Key_R:
    case Qt::Key_Space: scene_->reset(); break;
    case Qt::Key_Left: scene_->orbit(-0.05, 0); break;
    case Qt::Key_Right: scene_->orbit(0.05, 0); break;
    case Qt::Key_Up: scene_->orbit(0, -0.05); break;
    case Qt::Key_Down: scene_->orbit(0, 0.05); break;
    default: GlView::keyPressEvent(event); return;
  }
  update();
}

}  // namespace iso::gui
