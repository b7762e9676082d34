#pragma once

#include "render/scene/host_window.h"

#include <QOpenGLWidget>

#include <functional>

class vtkRenderer;  // NOLINT(cppcoreguidelines-virtual-class-destructor): a class of VTK

namespace iso::gui {

/// Our own bridge between Qt and a scene: a QOpenGLWidget that lets a HostWindow draw into its framebuffer.
class GlView : public QOpenGLWidget {
  Q_OBJECT
 public:
  explicit GlView(QWidget* parent = nullptr);
  ~GlView() override;
  void set_renderer(vtkRenderer* renderer);
  /// Called before every drawing, with the device size; makes what is shown.
  std::function<void(int width_px, int height_px, double pixel_ratio)> prepare;
  /// False where nothing has changed since the last drawing, which then is shown again; not set: always true.
  std::function<bool()> changed;
  /// Milliseconds of the last drawing.
  [[nodiscard]] double last_paint_ms() const noexcept { return last_paint_ms_; }

 protected:
  void initializeGL() override;
  void paintGL() override;

 private:
  render::HostWindow window_;
  QMetaObject::Connection context_gone_;
  double last_paint_ms_{0};
};

}  // namespace iso::gui
