#include "host_window.h"

#include <vtkGenericOpenGLRenderWindow.h>
#include <vtkOpenGLState.h>
#include <vtkRenderer.h>
#include <vtkSmartPointer.h>


namespace iso::render {

struct HostWindow::Impl {
  vtkSmartPointer<vtkGenericOpenGLRenderWindow> window = vtkSmartPointer<vtkGenericOpenGLRenderWindow>::New();
  vtkSmartPointer<vtkRenderer> renderer;
};

HostWindow::HostWindow() : impl_{std::make_unique<Impl>()} {
  impl_->window->SetOwnContext(0);
  impl_->window->SetMultiSamples(0);
  impl_->window->SetReadyForRendering(false);
  impl_->window->SetFrameBlitModeToBlitToCurrent();
}

HostWindow::~HostWindow() = default;

void HostWindow::set_renderer(vtkRenderer* renderer) {
  if (impl_->renderer) impl_->window->RemoveRenderer(impl_->renderer);
  impl_->renderer = renderer;
  if (renderer != nullptr) impl_->window->AddRenderer(renderer);
}

void HostWindow::begin() {
  impl_->window->SetReadyForRendering(true);
  impl_->window->SetForceMaximumHardwareLineWidth(1);
  impl_->window->OpenGLInit();
}

void HostWindow::draw(int width_px, int height_px) {
  if (!impl_->renderer) return;
  impl_->window->SetSize(width_px, height_px);
  vtkOpenGLState* const state = impl_->window->GetState();
  state->Reset();  // the toolkit has drawn since, and VTK's cache of the state is stale
  state->Push();
  state->vtkglDepthMask(1);
  impl_->window->Render();
  state->Pop();
}

void HostWindow::end() {
  if (!impl_->window->GetReadyForRendering()) return;
  impl_->window->Finalize();
  impl_->window->SetReadyForRendering(false);
}

}  // namespace iso::render
