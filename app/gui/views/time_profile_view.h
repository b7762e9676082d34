#pragma once

#include "gui/presenters/time_profile.h"
#include "render/scene/slice_image.h"

#include <QRectF>
#include <QWidget>

#include <vector>

namespace iso::gui {

/// The time profile beside the frames: place along the line to the right, frames downwards, in the colours of the image. A
/// click or a drag goes to that frame, the wheel one frame on or back.
class TimeProfileView : public QWidget {
  Q_OBJECT
 public:
  explicit TimeProfileView(Document& document, QWidget* parent = nullptr);
  [[nodiscard]] const TimeProfile* profile() { return profiles_.current(); }
  /// Where the picture is drawn, in the widget's own pixels.
  [[nodiscard]] QRectF picture_rect() const;

 Q_SIGNALS:
  void maximise_asked();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void paint_axes(QPainter& painter, const TimeProfile& profile, const QRectF& at) const;
  void go_to(double y);
  void step(int frames);
  Document& document_;
  TimeProfiles profiles_;
  render::SliceImage image_;
  std::vector<Connection> connections_;
};

}  // namespace iso::gui
