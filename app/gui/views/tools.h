#pragma once

#include "iso/geometry/vec3.h"

#include <QObject>

#include <cstdint>
#include <optional>
#include <utility>

namespace iso::gui {

/// Tools of a slice view: what the left button does.
enum class Tool : std::uint8_t {
  window_level,
  crosshair,
  line,
  angle,
  rectangle,
  ellipse,
  polygon,
  brush,
  erase,
  fill,
  click
};

/// The active tool, one for all views.
class Tools : public QObject {
  Q_OBJECT
 public:
  using QObject::QObject;
  [[nodiscard]] Tool tool() const noexcept { return tool_; }
  void set_tool(Tool tool) {
    if (tool_ == tool) return;
    tool_ = tool;
    Q_EMIT changed();
  }
  [[nodiscard]] bool paints() const noexcept {
    return tool_ == Tool::brush || tool_ == Tool::erase || tool_ == Tool::fill;
  }
  [[nodiscard]] bool measures() const noexcept { return tool_ >= Tool::line && tool_ <= Tool::polygon; }

  double brush_radius_mm{5};
  bool sphere{false};
  std::uint16_t label{1};
  std::optional<std::pair<double, double>> range;  ///< only voxels of these values are painted
  bool range_from_click{false};                    ///< the next click takes the range from the values under it
  Vec3 normal{0, 0, 1};         ///< of the slice view that was used last: the direction of "next slice"
  bool range_shown{true};       ///< the voxels in the range are drawn in the colour of the label
  bool research_scheme{false};  ///< the left button moves the crosshair instead of the window

 Q_SIGNALS:
  void changed();

 private:
  Tool tool_{Tool::window_level};
};

}  // namespace iso::gui
