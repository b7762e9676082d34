#pragma once

#include "tools.h"

#include "gui/model/labels.h"
#include "gui/model/measure.h"
#include "gui/presenters/slice_presenter.h"
#include "gui/presenters/view_actions.h"
#include "render/scene/slice_image.h"

#include <QImage>
#include <QPointF>
#include <QWidget>

#include <array>
#include <memory>
#include <optional>
#include <vector>

namespace iso::gui {

/// One slice of the document on screen: hands gestures to its presenter (convention C1) and draws the picture it makes.
/// Pixels come from the processor and are painted as they are, marks over them; OpenGL would only carry them around.
class SliceView : public QWidget {
  Q_OBJECT
 public:
  SliceView(Document& document, Tools& tools, render::Orientation orientation, Role role = Role::base,
            QWidget* parent = nullptr);
  ~SliceView() override;
  [[nodiscard]] SlicePresenter& presenter() noexcept { return presenter_; }
  [[nodiscard]] ViewSize view_size() const;
  /// What is on screen, in device pixels.
  [[nodiscard]] QImage grabFramebuffer();
  /// How often pixels had to be made anew; a moved crosshair alone makes none.
  [[nodiscard]] std::uint64_t pictures_made() const noexcept { return image_.made(); }
  /// Gives up what is being drawn.
  void cancel_gesture();

 Q_SIGNALS:
  void hovered(const iso::gui::Readout& words);
  void maximise_asked();
  void clicked(const iso::Vec3& world_mm,
               bool positive);  ///< with the click tool: left marks, right button, Ctrl or Alt takes away
  void click_asked(iso::gui::ViewCommand command);  ///< with the click tool: take_back, or overlay_more for everywhere
  void measured(std::uint64_t measurement);
  void message(const QString& sentence);
  void menu_asked(const QPoint& global);  ///< the right button without a drag, or the key
  void focused();

 protected:
  void contextMenuEvent(QContextMenuEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  enum class Gesture : std::uint8_t { none, window, box, crosshair, pan, zoom, draw, move_point, paint, turn, curtain };
  [[nodiscard]] QPointF device(const QPointF& at) const;
  void begin_left(QMouseEvent& event);
  void begin_measurement(const QPointF& at);
  void extend_measurement(const QPointF& at);
  void finish_measurement();
  void begin_paint(const QPointF& at);
  void paint_at(const QPointF& at);
  void finish_paint();
  [[nodiscard]] ItemId label_target();
  [[nodiscard]] std::array<std::uint8_t, 3> label_colour() const;
  void make_way_back();
  bool obey(const ViewAction& action);  ///< false if there is nothing here that it could be done to
  void digit(int digit);
  void resize_brush(double factor);
  bool change_overlay(ViewCommand command);
  void turn(const QPointF& from, const QPointF& to);

  Document& document_;
  Tools& tools_;
  SlicePresenter presenter_;
  render::SliceImage image_;
  Gesture gesture_{Gesture::none};
  QPointF start_, last_;
  bool right_moved_{false};  ///< a drag of the right button asks for no menu
  std::optional<Measurement> draft_;
  int moved_point_{-1};
  std::unique_ptr<LabelStroke> stroke_;
  ItemId stroke_item_{0};
  DatasetPtr stroke_labels_;  ///< held, so that the map is not changed in place under the stroke
  double wheel_rest_{0};
  QWidget* way_back_{nullptr};
  std::vector<Connection> connections_;
};

}  // namespace iso::gui
