#include "gl_view.h"

#include <QElapsedTimer>
#include <QOpenGLContext>
#include <QSurfaceFormat>

#include <vtkGenericOpenGLRenderWindow.h>
#include <vtkOpenGLFramebufferObject.h>
#include <vtkOpenGLState.h>
#include <vtkRenderer.h>

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
  window_ = vtkSmartPointer<vtkGenericOpenGLRenderWindow>::New();
  window_->SetOwnContext(0);
  window_->SetMultiSamples(0);
  window_->SetReadyForRendering(false);
  window_->SetFrameBlitModeToBlitToCurrent();
}

GlView::~GlView() {
  makeCurrent();
  release();
  doneCurrent();
}

void GlView::set_renderer(vtkRenderer* renderer) {
  if (renderer_) window_->RemoveRenderer(renderer_);
  renderer_ = renderer;
  if (renderer_) window_->AddRenderer(renderer_);
}

void GlView::release() {
  if (!window_->GetReadyForRendering()) return;
  window_->Finalize();
  window_->SetReadyForRendering(false);
}

void GlView::initializeGL() {
  connect(context(), &QOpenGLContext::aboutToBeDestroyed, this, [this] {
    makeCurrent();
    release();
    doneCurrent();
  });
  window_->SetReadyForRendering(true);
  window_->SetForceMaximumHardwareLineWidth(1);
  window_->OpenGLInit();
}

void GlView::paintGL() {
  if (!renderer_) return;
  QElapsedTimer clock;
  clock.start();
  const double ratio = devicePixelRatioF();
  const int across = std::max(1, static_cast<int>(std::lround(width() * ratio)));
  const int down = std::max(1, static_cast<int>(std::lround(height() * ratio)));
  window_->SetSize(across, down);
  if (prepare) prepare(across, down, ratio);
  vtkOpenGLState* const state = window_->GetState();
  state->Reset();
  state->Push();
  // What Qt's own painting leaves behind is not VTK's idea of a fresh context.
  state->vtkglDepthMask(GL_TRUE);
  window_->Render();
  state->Pop();
  last_paint_ms_ = static_cast<double>(clock.nsecsElapsed()) / 1e6;
}

}  // namespace iso::gui
