#include "slice_view.h"

#include "key_text.h"
#include "marks_painter.h"

#include <QApplication>
#include <QContextMenuEvent>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPushButton>
#include <QWheelEvent>

#include <cmath>

namespace iso::gui {
namespace {

constexpr double wheel_step = 120;  ///< Qt's unit of one notch
constexpr double zoom_a_pixel = 1.008;

MeasureKind kind_of_tool(Tool tool) {
  switch (tool) {
    case Tool::angle: return MeasureKind::angle;
    case Tool::rectangle: return MeasureKind::rectangle;
    case Tool::ellipse: return MeasureKind::ellipse;
    case Tool::polygon: return MeasureKind::polygon;
    default: return MeasureKind::line;
  }
}

bool follows_clicks(MeasureKind kind) noexcept { return kind == MeasureKind::angle || kind == MeasureKind::polygon; }

}  // namespace

SliceView::SliceView(Document& document, Tools& tools, render::Orientation orientation, Role role, QWidget* parent)
    : QWidget{parent}, document_{document}, tools_{tools}, presenter_{document, orientation, role} {
  setAttribute(Qt::WA_OpaquePaintEvent);  // every pixel is painted
  setMouseTracking(true);
  setFocusPolicy(Qt::StrongFocus);
  setMinimumSize(120, 90);
  make_way_back();
  connections_ = document_.watch([this] {
    way_back_->setVisible(presenter_.outside());
    update();
  });
  connect(&tools_, &Tools::changed, this, [this] { cancel_gesture(); });
}

/// What leads back to an image that the crosshair has left.
void SliceView::make_way_back() {
  way_back_ = new QWidget{this};
  way_back_->setObjectName(QStringLiteral("way_back"));
  auto* const row = new QHBoxLayout{way_back_};
  const auto add = [&](const QString& text, const QString& help, auto what) {
    auto* const button = new QPushButton{text};
    button->setToolTip(help);
    button->setFocusPolicy(Qt::NoFocus);
    connect(button, &QPushButton::clicked, this, what);
    row->addWidget(button);
  };
  add(tr("Go to its middle"), tr("Shows the middle slice of this image."), [this] { presenter_.go_to_middle(); });
  if (presenter_.role() == Role::compared)
    add(tr("Align centres"), tr("Lays the middles of both images upon each other; the files stay as they are."),
        [this] { presenter_.align_centres(); });
  way_back_->hide();
}

void SliceView::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  const QSize size = way_back_->sizeHint();
  way_back_->setGeometry((width() - size.width()) / 2, height() / 2 + 12, size.width(), size.height());
}

/// The colour that the label of the tools has on the map that would be painted on.
std::array<std::uint8_t, 3> SliceView::label_colour() const {
  const Item* const over = document_.find(document_.look().overlay.item);
  const bool labels = over != nullptr && to_kind(*over->data) == Kind::label_map;
  return labels ? to_label_colour(over->label_styles, tools_.label) : usual_label_colour(tools_.label);
}

SliceView::~SliceView() = default;

void SliceView::paintEvent(QPaintEvent*) {
  const ViewSize size = view_size();
  std::optional<SlicePresenter::RangePreview> range;
  if (tools_.paints() && tools_.range && tools_.range_shown && presenter_.role() == Role::base)
    range = SlicePresenter::RangePreview{tools_.range->first, tools_.range->second, label_colour()};
  presenter_.set_range_preview(range);
  const render::SlicePicture picture = presenter_.picture(size);
  const auto& pixels = image_.make(picture, size.width_px, size.height_px);
  QImage shown{reinterpret_cast<const uchar*>(pixels.data()), size.width_px, size.height_px,
               qsizetype{4} * size.width_px, QImage::Format_RGB32};
  shown.setDevicePixelRatio(size.pixel_ratio);
  QPainter painter{this};
  painter.drawImage(QPointF{}, shown);
  paint(painter, render::make_marks(picture, size.width_px, size.height_px, size.pixel_ratio), size.pixel_ratio);
  if (tools_.paints() && tools_.tool() != Tool::fill && underMouse()) {  // the size of the brush
    const double radius = tools_.brush_radius_mm / picture.mm_per_pixel / size.pixel_ratio;
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen{QColor{255, 217, 51}, 1});
    painter.drawEllipse(last_, radius, radius);
  }
}

QImage SliceView::grabFramebuffer() { return grab().toImage().convertToFormat(QImage::Format_RGB32); }

ViewSize SliceView::view_size() const {
  const double ratio = devicePixelRatioF();
  return {std::max(1, static_cast<int>(std::lround(width() * ratio))),
          std::max(1, static_cast<int>(std::lround(height() * ratio))), ratio};
}

QPointF SliceView::device(const QPointF& at) const { return at * devicePixelRatioF(); }

void SliceView::cancel_gesture() {
  gesture_ = Gesture::none;
  draft_.reset();
  stroke_.reset();
  stroke_labels_.reset();
  presenter_.set_draft({});
  presenter_.set_working_labels(0, nullptr);
  update();
}

void SliceView::focusInEvent(QFocusEvent* event) {
  QWidget::focusInEvent(event);
  Q_EMIT focused();
  update();
}

void SliceView::mousePressEvent(QMouseEvent* event) {
  start_ = last_ = event->position();
  if (presenter_.item() != nullptr) tools_.normal = presenter_.picture(view_size()).plane.normal();
  right_moved_ = tools_.tool() == Tool::click || draft_.has_value();  // there the right button means something else
  if (event->button() == Qt::MiddleButton)
    gesture_ = Gesture::pan;
  else if (event->button() == Qt::RightButton && tools_.tool() == Tool::click) {
    const QPointF at = device(event->position());
    Q_EMIT clicked(presenter_.to_world(at.x(), at.y(), view_size()), false);
  } else if (event->button() == Qt::RightButton && draft_)
    finish_measurement();
  else if (event->button() == Qt::RightButton)
    gesture_ = tools_.paints() ? Gesture::window : Gesture::zoom;
  else if (event->button() == Qt::LeftButton)
    begin_left(*event);
}

void SliceView::begin_left(QMouseEvent& event) {
  const QPointF at = device(event.position());
  const auto keys = event.modifiers();
  if ((keys & Qt::ControlModifier) && ((keys & Qt::AltModifier) || tools_.tool() == Tool::crosshair)) {
    gesture_ = Gesture::turn;
    return;
  }
  if (keys & Qt::ShiftModifier) {
    gesture_ = Gesture::pan;
    return;
  }
  if (draft_ && follows_clicks(draft_->kind)) return extend_measurement(at);
  if (!tools_.paints() && presenter_.on_curtain(at.x(), view_size())) {
    gesture_ = Gesture::curtain;
    return;
  }
  if (tools_.tool() == Tool::click) {
    Q_EMIT clicked(presenter_.to_world(at.x(), at.y(), view_size()), !(keys & (Qt::AltModifier | Qt::ControlModifier)));
    return;
  }
  if (tools_.paints()) return begin_paint(at);
  if (const auto hit = presenter_.hit(at.x(), at.y(), view_size()); hit && !(keys & Qt::ControlModifier)) {
    presenter_.select_measurement(hit->measurement);
    Q_EMIT measured(hit->measurement);
    if (hit->point >= 0) {
      for (const Measurement& m : document_.measurements())
        if (m.id == hit->measurement) draft_ = m;
      moved_point_ = hit->point;
      gesture_ = Gesture::move_point;
    }
    update();
    return;
  }
  presenter_.select_measurement(0);
  if (tools_.measures()) return begin_measurement(at);
  const bool cross =
      (tools_.tool() == Tool::crosshair) != (tools_.research_scheme && tools_.tool() == Tool::window_level);
  if (cross) {
    gesture_ = Gesture::crosshair;
    presenter_.put_crosshair(at.x(), at.y(), view_size());
  } else {
    gesture_ = keys & Qt::ControlModifier ? Gesture::box : Gesture::window;
  }
}

void SliceView::mouseMoveEvent(QMouseEvent* event) {
  const QPointF at = device(event->position()), step = device(event->position() - last_);
  const ViewSize size = view_size();
  const QPointF logical = event->position() - last_;
  last_ = event->position();
  if (event->buttons() & Qt::RightButton) {
    right_moved_ = right_moved_ || (last_ - start_).manhattanLength() >= QApplication::startDragDistance();
    if (!right_moved_) return;
  }
  switch (gesture_) {
    case Gesture::window: presenter_.drag_window(logical.x(), logical.y()); break;
    case Gesture::pan: presenter_.pan(step.x(), step.y(), size); break;
    case Gesture::zoom: presenter_.zoom(std::pow(zoom_a_pixel, -logical.y())); break;
    case Gesture::crosshair: presenter_.put_crosshair(at.x(), at.y(), size); break;
    case Gesture::paint: {  // without gaps, however fast the mouse is
      const double reach = std::max(1.0, tools_.brush_radius_mm / presenter_.picture(size).mm_per_pixel / 2);
      const int dabs = std::max(1, static_cast<int>(std::ceil(std::hypot(step.x(), step.y()) / reach)));
      for (int i = 1; i <= dabs; ++i) paint_at(at - step * (dabs - i) / dabs);
      break;
    }
    case Gesture::draw:
      if (draft_) draft_->points_mm.back() = presenter_.to_world(at.x(), at.y(), size);
      break;
    case Gesture::move_point:
      if (draft_) draft_->points_mm[static_cast<std::size_t>(moved_point_)] = presenter_.to_world(at.x(), at.y(), size);
      break;
    case Gesture::turn: turn(at - step, at); break;
    case Gesture::curtain: presenter_.draw_curtain(at.x(), size); break;
    case Gesture::box:
    case Gesture::none: break;
  }
  if (gesture_ == Gesture::none && (event->modifiers() & Qt::ShiftModifier) && event->buttons() == Qt::NoButton)
    presenter_.put_crosshair(at.x(), at.y(), size);
  if (gesture_ == Gesture::none && draft_ && follows_clicks(draft_->kind))
    draft_->points_mm.back() = presenter_.to_world(at.x(), at.y(), size);
  if (draft_) presenter_.set_draft(draft_);
  if (draft_ || tools_.paints()) update();
  const bool curtain = gesture_ == Gesture::curtain || (gesture_ == Gesture::none && event->buttons() == Qt::NoButton &&
                                                        !tools_.paints() && presenter_.on_curtain(at.x(), size));
  if (curtain != (cursor().shape() == Qt::SplitHCursor)) curtain ? setCursor(Qt::SplitHCursor) : unsetCursor();
  Q_EMIT hovered(presenter_.readout(at.x(), at.y(), size));
}

void SliceView::turn(const QPointF& from, const QPointF& to) {
  if (presenter_.orientation() != render::Orientation::oblique)
    return presenter_.turn_planes(from.x(), from.y(), to.x(), to.y(), view_size());
  Look look = document_.look();
  look.planes.oblique_turn_rad += (to.x() - from.x()) / devicePixelRatioF() * 0.01;
  look.planes.oblique_tilt_rad += (to.y() - from.y()) / devicePixelRatioF() * 0.01;
  document_.set_look(look);
}

void SliceView::mouseReleaseEvent(QMouseEvent* event) {
  const Gesture ended = gesture_;
  gesture_ = Gesture::none;
  if (ended == Gesture::box) {
    const QPointF a = device(start_), b = device(event->position());
    presenter_.window_from_box(a.x(), a.y(), b.x(), b.y(), view_size());
  } else if (ended == Gesture::draw && draft_) {
    if (length_mm(*draft_) > 0)
      finish_measurement();
    else
      cancel_gesture();
  } else if (ended == Gesture::move_point && draft_) {
    const Measurement moved = *draft_;
    draft_.reset();
    presenter_.set_draft({});
    document_.change_measurement(moved);
  } else if (ended == Gesture::paint) {
    finish_paint();
  } else if (event->button() == Qt::RightButton && !right_moved_) {
    Q_EMIT menu_asked(event->globalPosition().toPoint());
  }
}

/// By the key; the button asks when it is let go, because dragging it zooms.
void SliceView::contextMenuEvent(QContextMenuEvent* event) {
  if (event->reason() == QContextMenuEvent::Keyboard) Q_EMIT menu_asked(mapToGlobal(rect().center()));
}

void SliceView::mouseDoubleClickEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return;
  if (draft_ && draft_->kind == MeasureKind::polygon) return finish_measurement();
  if (event->modifiers() & Qt::ControlModifier) return presenter_.reset_window();
  if (tools_.paints() || tools_.measures() || tools_.tool() == Tool::click) return;
  Q_EMIT maximise_asked();
}

void SliceView::wheelEvent(QWheelEvent* event) {
  const double notches = event->angleDelta().y() / wheel_step;
  if (event->modifiers() & Qt::ControlModifier)
    presenter_.zoom(std::pow(1.15, notches));
  else if ((event->modifiers() & Qt::ShiftModifier) && tools_.paints()) {
    resize_brush(std::pow(1.2, notches));
  } else {
    wheel_rest_ += notches;
    const int whole = static_cast<int>(wheel_rest_);
    wheel_rest_ -= whole;
    if (whole != 0) presenter_.scroll(whole);
  }
  event->accept();
}

void SliceView::resize_brush(double factor) {
  tools_.brush_radius_mm = std::clamp(tools_.brush_radius_mm * factor, 0.1, 500.0);
  Q_EMIT message(tr("Brush radius %1 mm").arg(tools_.brush_radius_mm, 0, 'f', 1));
}

void SliceView::digit(int digit) {
  if (!tools_.paints() && tools_.tool() != Tool::click) return presenter_.preset(static_cast<char>('0' + digit));
  if (digit != 0) tools_.label = static_cast<std::uint16_t>(digit);
  Q_EMIT message(tr("Label %1").arg(tools_.label));
  Q_EMIT tools_.changed();
}

/// ITK-SNAP's keys of the overlay.
bool SliceView::change_overlay(ViewCommand command) {
  const Item* const over = presenter_.overlay();
  if (over == nullptr) return false;
  const bool labels = over->raster->labels;
  switch (command) {
    using enum ViewCommand;
    case overlay_more: presenter_.fade_overlay(0.1); return true;
    case overlay_less: presenter_.fade_overlay(-0.1); return true;
    case labels_more:
    case labels_less:
      if (labels) presenter_.fade_overlay(command == labels_more ? 0.1 : -0.1);
      return labels;
    case labels_shown:
      if (!labels) return false;
      [[fallthrough]];
    case overlay_shown: presenter_.show_overlay(!document_.look().overlay.shown); return true;
    default: return false;
  }
}

bool SliceView::obey(const ViewAction& action) {
  const bool dynamic = presenter_.item() != nullptr && presenter_.item()->raster->frames > 1;
  Look look = document_.look();
  switch (action.command) {
    using enum ViewCommand;
    case next_slice: presenter_.scroll(1); break;
    case previous_slice: presenter_.scroll(-1); break;
    case right: dynamic ? presenter_.step_frame(1) : presenter_.scroll(1); break;
    case left: dynamic ? presenter_.step_frame(-1) : presenter_.scroll(-1); break;
    case next_five: presenter_.scroll(5); break;
    case previous_five: presenter_.scroll(-5); break;
    case first_slice: presenter_.go_to_slice(0); break;
    case last_slice: presenter_.go_to_slice(presenter_.slices() - 1); break;
    case fit: presenter_.fit(); break;
    case invert: presenter_.invert(); break;
    case mirror: presenter_.mirror(true); break;
    case upside_down: presenter_.mirror(false); break;
    case crosshair:
      look.crosshair.visible = !look.crosshair.visible;
      document_.set_look(look);
      break;
    case annotations:
      look.layout.annotations = !look.layout.annotations;
      document_.set_look(look);
      break;
    case brush_larger:
    case brush_smaller:
      if (!tools_.paints()) return false;
      resize_brush(action.command == brush_larger ? 1.2 : 1 / 1.2);
      break;
    case overlay_more:
      if (tools_.tool() != Tool::click) return change_overlay(action.command);
      Q_EMIT click_asked(action.command);
      break;
    case take_back:
      if (tools_.tool() == Tool::click)
        Q_EMIT click_asked(action.command);
      else
        Q_EMIT message(tr("This key takes back a click while a method is clicked; Ctrl+Z takes back the newest step"));
      break;
    case overlay_less:
    case overlay_shown:
    case labels_more:
    case labels_less:
    case labels_shown: return change_overlay(action.command);
    case digit: this->digit(action.digit); break;
  }
  return true;
}

void SliceView::keyPressEvent(QKeyEvent* event) {
  if (const ViewAction* const action = view_action_for(key_text(*event)); action != nullptr && obey(*action)) return;
  switch (event->key()) {
    case Qt::Key_Return:
    case Qt::Key_Enter:
      if (draft_) return finish_measurement();
      break;
    case Qt::Key_Delete:
      if (presenter_.selected_measurement() == 0) break;
      document_.remove_measurement(presenter_.selected_measurement());
      return presenter_.select_measurement(0);
    case Qt::Key_Escape: {
      const bool busy = draft_ || stroke_;
      cancel_gesture();
      if (!busy) tools_.set_tool(Tool::window_level);
      return;
    }
    default: break;
  }
  QWidget::keyPressEvent(event);
}

void SliceView::leaveEvent(QEvent* event) {
  Q_EMIT hovered({});
  if (tools_.paints()) update();
  QWidget::leaveEvent(event);
}

void SliceView::begin_measurement(const QPointF& at) {
  const Item* const item = presenter_.item();
  if (item == nullptr) return;
  const Vec3 here = presenter_.to_world(at.x(), at.y(), view_size());
  Measurement m;
  m.item = item->id;
  m.kind = kind_of_tool(tools_.tool());
  m.plane = presenter_.picture(view_size()).plane;
  m.frame = document_.look().frame;
  m.points_mm = {here, here};
  draft_ = m;
  presenter_.set_draft(draft_);
  if (!follows_clicks(m.kind)) gesture_ = Gesture::draw;
  update();
}

void SliceView::extend_measurement(const QPointF& at) {
  const Vec3 here = presenter_.to_world(at.x(), at.y(), view_size());
  draft_->points_mm.back() = here;
  if (draft_->kind == MeasureKind::angle && draft_->points_mm.size() == 3) return finish_measurement();
  draft_->points_mm.push_back(here);
  presenter_.set_draft(draft_);
  update();
}

void SliceView::finish_measurement() {
  if (!draft_) return;
  Measurement done = *draft_;
  draft_.reset();
  presenter_.set_draft({});
  if (done.kind == MeasureKind::polygon)  // the last point follows the cursor, and a double click sets one twice
    while (done.points_mm.size() > 1 &&
           done.points_mm[done.points_mm.size() - 1] == done.points_mm[done.points_mm.size() - 2])
      done.points_mm.pop_back();
  const std::size_t least = done.kind == MeasureKind::polygon || done.kind == MeasureKind::angle ? 3 : 2;
  if (done.points_mm.size() < least) return update();
  const std::uint64_t id = document_.add_measurement(std::move(done));
  presenter_.select_measurement(id);
  Q_EMIT measured(id);
}

}  // namespace iso::gui
