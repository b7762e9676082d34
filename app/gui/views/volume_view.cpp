#include "volume_view.h"

#include "marks_painter.h"

#include "gui/model/slice_turn.h"

#include <QApplication>
#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QWheelEvent>

#include <cmath>

namespace iso::gui {
namespace {

/// The outlines, over the picture that OpenGL made.
class Outlines : public QWidget {
 public:
  explicit Outlines(VolumeView& view) : QWidget{&view}, view_{view} { setAttribute(Qt::WA_TransparentForMouseEvents); }

 protected:
  void paintEvent(QPaintEvent*) override {
    QPainter painter{this};
    paint(painter, view_.outlines(), devicePixelRatioF());
  }

 private:
  VolumeView& view_;
};

}  // namespace

VolumeView::VolumeView(Document& document, QWidget* parent)
    : GlView{parent}, document_{document}, scene_{std::make_unique<render::VolumeScene>()}, over_{new Outlines{*this}} {
  set_renderer(scene_->renderer());
  changed = [this] { return due_; };
  prepare = [this](int, int, double) {
    drawn_ = picture();
    due_ = false;
    scene_->show(drawn_);
    ++made_;
    over_->update();  // the eye may stand elsewhere
  };
  setFocusPolicy(Qt::StrongFocus);
  setProperty("own_keys", true);
  setMinimumSize(120, 90);
  connections_ = document_.watch([this] { follow(); });
  for (QTimer* const timer : {&rest_, &settle_}) timer->setSingleShot(true);
  rest_.setInterval(250);
  settle_.setInterval(150);
  connect(&rest_, &QTimer::timeout, this, [this] { moving(false); });
  connect(&settle_, &QTimer::timeout, this, &VolumeView::again);
}

VolumeView::~VolumeView() { set_renderer(nullptr); }

void VolumeView::set_preset(const std::string& name) {
  preset_ = name;
  again();
}

void VolumeView::again() {
  due_ = true;
  update();
  over_->update();
}

void VolumeView::follow() {
  over_->update();
  const render::VolumePicture now = picture();
  if (now == drawn_) return;
  if (now.raster != drawn_.raster) return again();
  settle_.start();
}

void VolumeView::resizeEvent(QResizeEvent* event) {
  GlView::resizeEvent(event);
  over_->setGeometry(rect());
}

render::VolumePicture VolumeView::picture() const {
  render::VolumePicture picture;
  const Item* const item = document_.find(document_.look().layout.base);
  if (item == nullptr || !item->raster) return picture;
  picture.raster = item->raster;
  picture.frame = std::clamp<std::int64_t>(document_.look().frame, 0, item->raster->frames - 1);
  picture.preset = preset_;
  picture.low = item->display.centre - item->display.width / 2;
  picture.high = item->display.centre + item->display.width / 2;
  return picture;
}

render::Marks VolumeView::outlines() const {
  const Look& look = document_.look();
  const Item* const item = document_.find(look.layout.base);
  if (item == nullptr || !item->raster || !item->raster->anatomical || !look.crosshair.visible) return {};
  std::vector<render::PlaneOutline> planes;
  for (const auto orientation :
       {render::Orientation::axial, render::Orientation::coronal, render::Orientation::sagittal})
    planes.push_back(
        {turned_plane(*item->raster, orientation, look, look.crosshair.position_mm), to_colour(orientation)});
  const double ratio = devicePixelRatioF();
  return scene_->outlines(planes, static_cast<int>(std::lround(width() * ratio)),
                          static_cast<int>(std::lround(height() * ratio)), ratio);
}

void VolumeView::moving(bool now) {
  scene_->set_interactive(now);
  if (now) rest_.start();
  again();
}

void VolumeView::look_from(char side) {
  scene_->look_from(side);
  again();
}

void VolumeView::reset_eye() {
  scene_->reset();
  again();
}

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
    (event->modifiers() & Qt::ShiftModifier) ? scene_->pan(dx, dy) : scene_->orbit(dx, dy);
  else if (event->buttons() & Qt::MiddleButton)
    scene_->pan(dx, dy);
  else if (event->buttons() & Qt::RightButton)
    scene_->zoom(std::pow(4.0, -dy));
  else
    return;
  moving(true);
}

void VolumeView::mouseReleaseEvent(QMouseEvent* event) {
  if (event->button() == Qt::RightButton && !moved_) return void(Q_EMIT menu_asked(event->globalPosition().toPoint()));
  moving(false);
}

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
  again();
}

}  // namespace iso::gui
