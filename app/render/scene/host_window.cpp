#include "host_window.h"

#include <vtkGenericOpenGLRenderWindow.h>
#include <vtkOpenGLFramebufferObject.h>
#include <vtkOpenGLState.h>
#include <vtkRenderer.h>
#include <vtkSmartPointer.h>

namespace iso::render {
namespace {

// OpenGL's own numbers, so that no header of a loader is needed here.
constexpr unsigned read_framebuffer = 0x8CA8, draw_framebuffer = 0x8CA9, first_colour = 0x8CE0, scissor_test = 0x0C11,
                   colour_bit = 0x4000, nearest = 0x2600, less_or_equal = 0x0203;

}  // namespace

struct HostWindow::Impl {
  vtkSmartPointer<vtkGenericOpenGLRenderWindow> window = vtkSmartPointer<vtkGenericOpenGLRenderWindow>::New();
  vtkSmartPointer<vtkRenderer> renderer;
  int width{0}, height{0};  ///< of the picture in the window's own framebuffer
};

HostWindow::HostWindow() : impl_{std::make_unique<Impl>()} {
  impl_->window->SetOwnContext(0);
  impl_->window->SetMultiSamples(0);
  impl_->window->SetReadyForRendering(false);
  impl_->window->SetFrameBlitModeToNoBlit();
}

HostWindow::~HostWindow() = default;

void HostWindow::set_renderer(vtkRenderer* renderer) {
  if (impl_->renderer) impl_->window->RemoveRenderer(impl_->renderer);
  impl_->renderer = renderer;
  if (renderer != nullptr) impl_->window->AddRenderer(renderer);
}

void HostWindow::begin() {
  impl_->window->SetReadyForRendering(true);
  impl_->window->SetMapped(1);
  impl_->window->SetIsCurrent(true);
  impl_->window->SetForceMaximumHardwareLineWidth(1);
  impl_->window->OpenGLInit();
}

void HostWindow::draw(int width_px, int height_px, unsigned framebuffer, bool again) {
  if (!impl_->renderer) return;
  again = again || impl_->width != width_px || impl_->height != height_px;
  if (again) impl_->window->SetSize(width_px, height_px);
  vtkOpenGLState* const state = impl_->window->GetState();
  state->Reset();  // the toolkit has drawn since, and VTK's cache of the state is stale
  state->Push();
  state->vtkglDepthMask(1);
  state->vtkglDepthFunc(less_or_equal);  // what VTK expects of a context, and not what a fresh one has
  if (again) impl_->window->Render();
  impl_->width = width_px;
  impl_->height = height_px;
  state->Pop();
  state->vtkglBindFramebuffer(draw_framebuffer, framebuffer);
  state->vtkglDrawBuffer(first_colour);
  state->vtkglDisable(scissor_test);
  state->vtkglViewport(0, 0, width_px, height_px);
  impl_->window->BlitDisplayFramebuffer(0, 0, 0, width_px, height_px, 0, 0, width_px, height_px, colour_bit, nearest);
  state->vtkglBindFramebuffer(read_framebuffer, framebuffer);
  // Toolkits blend the widget into the window by its alpha, which a scene leaves at that of its background.
  state->vtkglColorMask(0, 0, 0, 1);
  state->vtkglClearColor(0, 0, 0, 1);
  state->vtkglClear(colour_bit);
  state->vtkglColorMask(1, 1, 1, 1);
}

void HostWindow::end() {
  if (!impl_->window->GetReadyForRendering()) return;
  impl_->window->Finalize();
  impl_->window->SetReadyForRendering(false);
  impl_->width = impl_->height = 0;
}

}  // namespace iso::render
