#pragma once

#include "document.h"

#include "iso/data/stack.h"

#include <optional>
#include <string>

/// One slider for volumes that are piled into one (iso/data/stack.h), such as the layers of a method.
namespace iso::gui {

struct StackPlace {
  Stack stack;
  std::int64_t part{0};   ///< the one that the crosshair is in, from 0 on
  std::int64_t slice{0};  ///< its slice, from 0 on
  std::int64_t slices{1};
};
/// Nothing for an item that is no stack.
[[nodiscard]] std::optional<StackPlace> find_stack_place(const Document& document, const Item& item);
/// The same slice of another part.
void go_to_part(Document& document, const Item& item, std::int64_t part);
[[nodiscard]] std::string to_text(const StackPlace& place);  ///< "layer 2 of 3", and its slice if there are several

}  // namespace iso::gui
