// How the data of the document are shown: window, colours, composite.

#include "document_impl.h"

#include <utility>

namespace iso::gui {

void Document::set_display(ItemId id, const render::Display& display, std::string step_name) {
  Item* const item = impl_->find(id);
  if (item == nullptr || item->display == display) return;
  const auto apply = [this, id](const render::Display& value) {
    if (Item* const target = impl_->find(id)) target->display = value;
    item_changed(id);
  };
  const render::Display before = item->display;
  apply(display);
  const std::string key = step_name + std::to_string(id);
  impl_->undo.push({std::move(step_name), 0, [=] { apply(before); }, [=] { apply(display); }, key});
}

void Document::set_displays(const std::vector<std::pair<ItemId, render::Display>>& displays, std::string step_name) {
  if (displays.size() == 1) return set_display(displays[0].first, displays[0].second, std::move(step_name));
  std::vector<std::pair<ItemId, render::Display>> before;
  std::string key = step_name;
  bool changes = false;
  for (const auto& [id, display] : displays)
    if (const Item* const item = impl_->find(id)) {
      before.emplace_back(id, item->display);
      changes = changes || item->display != display;
      key += "+" + std::to_string(id);
    }
  if (!changes) return;
  const auto apply = [this](const std::vector<std::pair<ItemId, render::Display>>& all) {
    for (const auto& [id, display] : all)
      if (Item* const target = impl_->find(id)) target->display = display, item_changed(id);
  };
  apply(displays);
  impl_->undo.push(
      {std::move(step_name), 0, [=] { apply(before); }, [=, after = displays] { apply(after); }, std::move(key)});
}

void Document::set_composite(ItemId id, const std::string& name) {
  Item* const item = impl_->find(id);
  if (item == nullptr || item->composite == name || !item->raster) return;
  const auto apply = [this, id](const std::string& value) {
    if (Item* const target = impl_->find(id)) target->composite = value;
    item_changed(id);
  };
  const std::string before = item->composite;
  apply(name);
  impl_->undo.push({name.empty() ? "Show bands" : "Show " + name, 0, [=] { apply(before); }, [=] { apply(name); },
                    "composite" + std::to_string(id)});
}

void Document::set_composite_raster(ItemId id, const std::string& name, std::shared_ptr<const render::Raster> raster) {
  Item* const item = impl_->find(id);
  if (item == nullptr || item->composite != name) return;
  item->composite_raster = std::move(raster);
  item->composite_of = name;
  item_changed(id);
}

}  // namespace iso::gui
