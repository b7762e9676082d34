#include "stack_place.h"

#include <algorithm>
#include <cmath>

namespace iso::gui {
namespace {

std::optional<Stack> to_stack(const Item& item) {
  const auto* const volume = item.data && item.raster ? std::get_if<Volume>(item.data.get()) : nullptr;
  return volume == nullptr ? std::nullopt : find_stack(*volume);
}

}  // namespace

std::optional<StackPlace> find_stack_place(const Document& document, const Item& item) {
  const auto stack = to_stack(item);
  if (!stack) return std::nullopt;
  const VoxelGrid& frame = item.raster->frame;
  const double exact = frame.to_index(document.look().crosshair.position_mm)[2];
  const auto at = std::clamp<std::int64_t>(std::llround(exact), 0, frame.size[2] - 1);
  const std::int64_t slices = frame.size[2] / stack->count;
  return StackPlace{*stack, at / slices, at % slices, slices};
}

void go_to_part(Document& document, const Item& item, std::int64_t part) {
  const auto place = find_stack_place(document, item);
  if (!place) return;
  Look look = document.look();
  Vec3 index = item.raster->frame.to_index(look.crosshair.position_mm);
  index[2] =
      static_cast<double>(std::clamp<std::int64_t>(part, 0, place->stack.count - 1) * place->slices + place->slice);
  look.crosshair.position_mm = item.raster->frame.to_world(index);
  document.set_look(look);
}

std::string to_text(const StackPlace& place) {
  std::string text =
      place.stack.name + " " + std::to_string(place.part + 1) + " of " + std::to_string(place.stack.count);
  if (place.slices > 1) text += ", slice " + std::to_string(place.slice + 1) + " / " + std::to_string(place.slices);
  return text;
}

}  // namespace iso::gui
