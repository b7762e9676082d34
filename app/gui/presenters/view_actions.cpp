#include "view_actions.h"

#include "render/scene/display.h"

#include <algorithm>

namespace iso::gui {
namespace {

std::string words_of_digit(int digit) {
  const char key = static_cast<char>('0' + digit);
  for (const render::WindowPreset& preset : render::window_presets())
    if (preset.key == key)
      return "Window " + std::string{preset.name} + "; label " + std::string{key} + " while painting";
  return "Window automatic";
}

std::vector<ViewAction> all_actions() {
  using enum ViewCommand;
  std::vector<ViewAction> all{{next_slice, "slice.next", "Next slice", {"Up", "F", "PgUp"}},
                              {previous_slice, "slice.previous", "Previous slice", {"Down", "B", "PgDown"}},
                              {right, "slice.right", "Next slice, or next time", {"Right"}},
                              {left, "slice.left", "Previous slice, or previous time", {"Left"}},
                              {next_five, "slice.next_five", "Five slices on", {"Shift+PgUp"}},
                              {previous_five, "slice.previous_five", "Five slices back", {"Shift+PgDown"}},
                              {first_slice, "slice.first", "First slice", {"Home"}},
                              {last_slice, "slice.last", "Last slice", {"End"}},
                              {fit, "slice.fit", "Fit the picture", {"R", "Space"}},
                              {invert, "slice.invert", "Invert the grey levels", {"I"}},
                              {mirror, "slice.mirror", "Mirror left and right", {"H"}},
                              {upside_down, "slice.upside_down", "Mirror up and down", {"V"}},
                              {crosshair, "slice.crosshair", "Crosshair on or off", {"X"}},
                              {annotations, "slice.annotations", "Annotations on or off", {"Shift+X"}},
                              {overlay_more, "overlay.more", "Overlay more opaque; everywhere while clicking", {"E"}},
                              {overlay_less, "overlay.less", "Overlay less opaque", {"Q"}},
                              {overlay_shown, "overlay.shown", "Overlay on or off", {"W"}},
                              {labels_less, "labels.less", "Labels less opaque", {"A"}},
                              {labels_more, "labels.more", "Labels more opaque", {"D"}},
                              {labels_shown, "labels.shown", "Labels on or off", {"S", "G"}},
                              {take_back, "click.undo", "Take back the last click, while clicking", {"U"}},
                              {brush_larger, "brush.larger", "Larger brush", {"+", "="}},
                              {brush_smaller, "brush.smaller", "Smaller brush", {"-"}}};
  for (int d = 0; d <= 9; ++d)
    all.push_back({digit, "window." + std::to_string(d), words_of_digit(d), {std::to_string(d)}, d});
  return all;
}

}  // namespace

std::span<const ViewAction> view_actions() {
  static const std::vector<ViewAction> all = all_actions();
  return all;
}

const ViewAction* view_action_for(std::string_view key) {
  const auto all = view_actions();
  const auto found = std::ranges::find_if(
      all, [&](const ViewAction& action) { return std::ranges::find(action.keys, key) != action.keys.end(); });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace iso::gui
