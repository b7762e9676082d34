#include "data_places.h"

#include <charconv>
#include <string_view>

namespace iso::gui {
namespace {

constexpr std::string_view item_prefix = "item-";

}  // namespace

std::string item_place(ItemId id) {
  return std::string{job::workspace_prefix} + std::string{item_prefix} + std::to_string(id);
}

const Item* item_at(const std::string& place, const Document& document) {
  if (!job::in_workspace(place)) return nullptr;
  const std::string name = place.substr(job::workspace_prefix.size());
  if (!name.starts_with(item_prefix)) return nullptr;
  ItemId id = 0;
  std::from_chars(name.data() + item_prefix.size(), name.data() + name.size(), id);
  return document.find(id);
}

job::Recipe with_files(job::Recipe recipe, const Document& document) {
  for (auto& [port, place] : recipe.inputs) {
    const Item* const item = item_at(place, document);
    if (item == nullptr || !item->saved || item->file.empty()) continue;
    place = std::filesystem::absolute(item->file).string();
    if (!item->hints.empty()) recipe.hints[port] = item->hints;
  }
  return recipe;
}

}  // namespace iso::gui
