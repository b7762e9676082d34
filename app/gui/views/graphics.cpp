#include "graphics.h"

#include "iso/job/estimate.h"

#include <QOffscreenSurface>
#include <QOpenGLContext>
#include <QOpenGLFunctions>
#include <QString>

#include <algorithm>

namespace iso::gui {
namespace {

Graphics ask() {
  Graphics found;
  QOffscreenSurface surface;
  surface.create();
  QOpenGLContext context;
  if (!context.create() || !surface.isValid() || !context.makeCurrent(&surface)) return found;
  const auto word = [&](GLenum name) {
    const auto* const text = context.functions()->glGetString(name);
    return std::string{text == nullptr ? "" : reinterpret_cast<const char*>(text)};
  };
  found.renderer = word(GL_RENDERER);
  found.version = word(GL_VERSION);
  found.card = !found.renderer.empty() && !draws_by_processor(found.renderer);
  context.doneCurrent();
  return found;
}

}  // namespace

bool draws_by_processor(const std::string& renderer) {
  const QString name = QString::fromStdString(renderer);
  for (const char* const word : {"llvmpipe", "softpipe", "swrast", "swiftshader", "software rasterizer", "gdi generic"})
    if (name.contains(QLatin1String(word), Qt::CaseInsensitive)) return true;
  return false;
}

std::int64_t volume_limit_of_machine() {
  static const auto limit = std::clamp<std::int64_t>(static_cast<std::int64_t>(job::available_memory_bytes() / 16),
                                                     std::int64_t{128} * 128 * 128, std::int64_t{768} * 768 * 768);
  return limit;
}

const Graphics& graphics() {
  static const Graphics found = ask();
  return found;
}

}  // namespace iso::gui
