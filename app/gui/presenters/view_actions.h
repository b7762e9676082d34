#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Keyboard actions of a slice view: the table that the views execute and the preferences show.
namespace iso::gui {

enum class ViewCommand : std::uint8_t {
  next_slice,
  previous_slice,
  right,  ///< in a volume with time a step in time, else as next_slice
  left,
  next_five,
  previous_five,
  first_slice,
  last_slice,
  fit,
  invert,
  mirror,
  upside_down,
  crosshair,
  annotations,
  overlay_more,
  overlay_less,
  overlay_shown,
  labels_more,
  labels_less,
  labels_shown,
  take_back,  ///< the last click of an interactive segmentation
  brush_larger,
  brush_smaller,
  digit  ///< a window, or a label while painting
};

struct ViewAction {
  ViewCommand command;
  std::string id, text;           ///< "slice.next", "Next slice"
  std::vector<std::string> keys;  ///< as they are delivered, in Qt's portable form
  int digit{-1};                  ///< of ViewCommand::digit
};

[[nodiscard]] std::span<const ViewAction> view_actions();
[[nodiscard]] const ViewAction* view_action_for(std::string_view key);  ///< null: none has it

}  // namespace iso::gui
