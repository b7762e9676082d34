#pragma once

#include "gl_view.h"

#include "gui/model/document.h"
#include "render/scene/volume_scene.h"

#include <QPointF>
#include <QTimer>

#include <memory>
#include <string>
#include <vector>

namespace iso::gui {

/// The base item in three dimensions with the outlines of the slice planes. Mouse and keypad as convention C1 and C2. Rays
/// are cast when the volume, its colours or the eye change; a moved crosshair only draws the outlines over the picture, and
/// a window being dragged is followed when it rests.
class VolumeView : public GlView {
  Q_OBJECT
 public:
  explicit VolumeView(Document& document, QWidget* parent = nullptr);
  ~VolumeView() override;
  void set_preset(const std::string& name);
  void look_from(char side);  ///< 'A', 'P', 'L', 'R', 'S', 'I'
  void reset_eye();
  [[nodiscard]] const std::string& preset() const noexcept { return preset_; }
  /// How often rays were cast.
  [[nodiscard]] std::uint64_t pictures_made() const noexcept { return made_; }
  [[nodiscard]] render::Marks outlines() const;
  [[nodiscard]] int reduction() const noexcept { return scene_->reduction(); }  ///< of the volume shown; 1: none

 Q_SIGNALS:
  void maximise_asked();
  void menu_asked(const QPoint& global);  ///< the right button without a drag, or the key

 protected:
  void contextMenuEvent(QContextMenuEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  [[nodiscard]] render::VolumePicture picture() const;
  void follow();  ///< draws what the document's change asks for, and no more
  void again();   ///< casts rays anew
  void moving(bool now);
  Document& document_;
  std::unique_ptr<render::VolumeScene> scene_;
  std::string preset_{"maximum intensity"};
  QWidget* over_;  ///< transparent, for the outlines
  render::VolumePicture drawn_;
  bool due_{true};  ///< rays are to be cast
  std::uint64_t made_{0};
  QPointF last_, pressed_;
  bool moved_{false};
  QTimer rest_, settle_;
  std::vector<Connection> connections_;
};

}  // namespace iso::gui
