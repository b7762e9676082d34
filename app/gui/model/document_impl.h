#pragma once

#include "document.h"

#include "labels.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

namespace iso::gui {

/// A step that changed labels, shared by its undo and by answers that refine it.
struct LabelStep {
  ItemId item{0};
  std::shared_ptr<const Document::LabelDelta> delta;
  std::size_t number{0};  ///< how many steps there were with it, forgotten ones included
};

struct Document::Impl {
  std::vector<std::unique_ptr<Item>> items;
  std::vector<Measurement> measurements;
  Look look;
  ItemId next_item{1}, selected{0};
  std::uint64_t next_measurement{1};
  UndoStack undo;
  std::weak_ptr<LabelStep> label_step;  ///< the last one made; gone when the history forgets it
  std::unique_ptr<Item> preview;
  std::optional<Look> look_before_preview;
  std::vector<ClickMark> click_marks;

  [[nodiscard]] Item* find(ItemId id) noexcept {
    const auto found = std::ranges::find(items, id, [](const auto& item) { return item->id; });
    return found == items.end() ? nullptr : found->get();
  }
};

}  // namespace iso::gui
