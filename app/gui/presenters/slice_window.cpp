// The window of the image in a slice view: by hand, by presets, from a box.

#include "slice_presenter.h"

#include <algorithm>
#include <cmath>

namespace iso::gui {

void SlicePresenter::drag_window(double dx_px, double dy_px) {
  const Item* const shown = item();
  if (shown == nullptr || shown->raster->labels) return;
  const render::Raster& raster = *shown->raster;
  double range = raster.high_percentile - raster.low_percentile;
  if (!(range > 0)) range = std::max(1e-12, raster.high - raster.low);
  const double gain = range / 512;
  render::Display display = shown->display;
  const double narrowest = display.voi == render::VoiFunction::linear ? 1 : range * 1e-4;
  display.width = std::max(narrowest, display.width + gain * dx_px);
  display.centre -= gain * dy_px;  // up is towards smaller y
  set_display(display, "Window");
}

void SlicePresenter::preset(char key) {
  const Item* const shown = item();
  if (shown == nullptr || shown->raster->labels) return;
  if (key == '0') {
    render::Display display = shown->display;
    render::set_automatic_window(display, *shown->raster);
    set_display(display, "Automatic window");
    return;
  }
  for (const render::WindowPreset& preset : render::window_presets()) {
    if (preset.key != key) continue;
    render::Display display = shown->display;
    display.width = preset.width;
    display.centre = preset.centre;
    display.voi = render::VoiFunction::linear;
    set_display(display, "Window " + std::string{preset.name});
  }
}

void SlicePresenter::window_from_box(double x0, double y0, double x1, double y1, const ViewSize& size) {
  const Item* const shown = item();
  if (shown == nullptr) return;
  double low = 0, high = 0;
  bool any = false;
  const double step = std::max({1.0, std::abs(x1 - x0) / 200, std::abs(y1 - y0) / 200});
  for (double y = std::min(y0, y1); y <= std::max(y0, y1); y += step)
    for (double x = std::min(x0, x1); x <= std::max(x0, x1); x += step) {
      const Vec3 index = shown->raster->frame.to_index(to_world(x, y, size));
      const auto value = value_at(*shown->raster, {std::llround(index[0]), std::llround(index[1]),
                                                   std::llround(index[2]), make_layer(*shown).frame});
      if (!value) continue;
      low = any ? std::min(low, *value) : *value;
      high = any ? std::max(high, *value) : *value;
      any = true;
    }
  if (!any || !(high > low)) return;
  render::Display display = shown->display;
  display.width = high - low;
  display.centre = (low + high) / 2;
  display.voi = render::VoiFunction::linear_exact;
  set_display(display, "Window from a box");
}

void SlicePresenter::reset_window() {
  const Item* const shown = item();
  if (shown == nullptr) return;
  if (!shown->raster->asked_window) return preset('0');
  render::Display display = shown->display;
  display.width = (*shown->raster->asked_window)[0];
  display.centre = (*shown->raster->asked_window)[1];
  display.voi = render::VoiFunction::linear;
  set_display(display, "Reset window");
}

void SlicePresenter::invert() {
  const Item* const shown = item();
  if (shown == nullptr) return;
  render::Display display = shown->display;
  display.inverted = !display.inverted;
  document_.set_display(shown->id, display, "Invert");
}

}  // namespace iso::gui
