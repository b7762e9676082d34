#pragma once

#include <memory>

class vtkRenderer;  // NOLINT(cppcoreguidelines-virtual-class-destructor): a class of VTK

namespace iso::render {

/// Draws a scene into the framebuffer of a given OpenGL context, as a widget of any toolkit needs it. Debian's VTK
/// is built for Qt 5, so its own widget cannot be used. Every call needs the context to be current, but for set_renderer.
class HostWindow {
 public:
  HostWindow();
  ~HostWindow();
  HostWindow(const HostWindow&) = delete;
  HostWindow& operator=(const HostWindow&) = delete;
  void set_renderer(vtkRenderer* renderer);  ///< null: none
  void begin();                              ///< the context is there
  /// Into that framebuffer, which is bound afterwards. Not `again`: the picture of the last time, if it has that size.
  void draw(int width_px, int height_px, unsigned framebuffer, bool again = true);
  void end();  ///< the context is about to go

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iso::render
