#include "gl_view.h"

#include <QElapsedTimer>
#include <QOpenGLContext>
#include <QSurfaceFormat>

#include <algorithm>
#include <cmath>

namespace iso::gui {

GlView::GlView(QWidget* parent) : QOpenGLWidget{parent} {
  QSurfaceFormat format;
  format.setRenderableType(QSurfaceFormat::OpenGL);
  format.setVersion(3, 2);
  format.setProfile(QSurfaceFormat::CoreProfile);
  format.setDepthBufferSize(24);
  format.setStencilBufferSize(8);
  format.setSamples(0);
  setFormat(format);
  setUpdateBehavior(QOpenGLWidget::NoPartialUpdate);
}

GlView::~GlView() {
  disconnect(context_gone_);  // it would come after our members are gone
  makeCurrent();
  window_.end();
  doneCurrent();
}

void GlView::set_renderer(vtkRenderer* renderer) { window_.set_renderer(renderer); }

void GlView::initializeGL() {
  context_gone_ = connect(context(), &QOpenGLContext::aboutToBeDestroyed, this, [this] {
    makeCurrent();
    window_.end();
    doneCurrent();
  });
  window_.begin();
}

void GlView::paintGL() {
  QElapsedTimer clock;
  clock.start();
  const double ratio = devicePixelRatioF();
  const int across = std::max(1, static_cast<int>(std::lround(width() * ratio)));
  const int down = std::max(1, static_cast<int>(std::lround(height() * ratio)));
  const bool again = !changed || changed();
  if (again && prepare) prepare(across, down, ratio);
  window_.draw(across, down, defaultFramebufferObject(), again);
  last_paint_ms_ = static_cast<double>(clock.nsecsElapsed()) / 1e6;
}

}  // namespace iso::gui
