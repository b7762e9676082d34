#pragma once

#include <QOpenGLWidget>

#include <vtkSmartPointer.h>

#include <functional>

class vtkGenericOpenGLRenderWindow;
class vtkRenderer;

namespace iso::gui {

/// Our own bridge between Qt and VTK: a QOpenGLWidget that draws one VTK renderer into its framebuffer. Debian's VTK is
/// built for Qt 5, so its own widget cannot be used.
class GlView : public QOpenGLWidget {
  Q_OBJECT
 public:
  explicit GlView(QWidget* parent = nullptr);
  ~GlView() override;
  void set_renderer(vtkRenderer* renderer);
  /// Called before every drawing, with the device size; makes what is shown.
  std::function<void(int width_px, int height_px, double pixel_ratio)> prepare;
  /// Milliseconds of the last drawing.
  [[nodiscard]] double last_paint_ms() const noexcept { return last_paint_ms_; }

 protected:
  void initializeGL() override;
  void paintGL() override;

 private:
  void release();
  vtkSmartPointer<vtkGenericOpenGLRenderWindow> window_;
  vtkSmartPointer<vtkRenderer> renderer_;
  double last_paint_ms_{0};
};

}  // namespace iso::gui
