#include "document_impl.h"

#include "composite.h"
#include "labels.h"

#include "iso/data/description.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace iso::gui {

namespace {

render::Display first_display(const render::Raster& raster) {
  render::Display display;
  if (raster.labels) {
    display.colour_map = "labels";
    display.interpolate = false;
    display.opacity = 0.5;
    return display;
  }
  render::set_first_window(display, raster);
  return display;
}

Vec3 middle_voxel_mm(const VoxelGrid& frame) {
  Vec3 index{};
  for (std::size_t axis = 0; axis < 3; ++axis) index[axis] = std::floor(static_cast<double>(frame.size[axis] - 1) / 2);
  return frame.to_world(index);
}

/// Whether one lies, with its middle, where the other is.
bool meet(const render::Raster& image, const render::Raster& labels) {
  if (image.anatomical != labels.anatomical) return false;
  const Vec3 at = image.frame.to_index(middle_voxel_mm(labels.frame));
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (!(at[axis] > -1 && at[axis] < static_cast<double>(image.frame.size[axis]))) return false;
  return true;
}

void take_label_styles(Item& item) {
  if (const auto* const map = std::get_if<LabelMap>(item.data.get())) item.label_styles = make_label_styles(*map);
}

void describe(Item& item, std::shared_ptr<const render::Raster> raster = {}) {
  if (std::holds_alternative<Table>(*item.data)) return;
  item.raster =
      raster ? std::move(raster) : std::make_shared<const render::Raster>(render::make_raster(item.data, item.part));
  item.display = first_display(*item.raster);
  if (item.label_styles.empty()) take_label_styles(item);
  item.display.palette = make_label_palette(item.label_styles);
  const auto* const volume = std::get_if<Volume>(item.data.get());
  if (volume != nullptr && volume->quantity == Quantity::standard_deviation) item.display.colour_map = "inferno";
  if (const auto names = composite_names(*item.data); !names.empty()) item.composite = names.front();
}

}  // namespace

std::string_view to_string(MeasureKind kind) noexcept {
  switch (kind) {
    case MeasureKind::line: return "line";
    case MeasureKind::angle: return "angle";
    case MeasureKind::rectangle: return "rectangle";
    case MeasureKind::ellipse: return "ellipse";
    case MeasureKind::polygon: return "polygon";
    case MeasureKind::point: return "point";
  }
  return "line";
}

Document::Document() : impl_{std::make_unique<Impl>()} {}
Document::~Document() = default;

const Item* Document::find(ItemId id) const noexcept { return impl_->find(id); }
std::span<const std::unique_ptr<Item>> Document::items() const noexcept { return impl_->items; }
ItemId Document::selected() const noexcept { return impl_->selected; }
const Look& Document::look() const noexcept { return impl_->look; }
std::span<const Measurement> Document::measurements() const noexcept { return impl_->measurements; }
UndoStack& Document::undo_stack() noexcept { return impl_->undo; }

/// Puts an item into the tree, shows it if nothing is shown, and makes the step that takes it out again.
ItemId Document::insert(std::unique_ptr<Item> item, const std::string& step_name, bool opened) {
  const ItemId id = item->id;
  if (item->raster == nullptr) describe(*item);
  const auto kept =
      std::make_shared<Item>();  // while the step is undone; a second holder of labels would make strokes copy
  const std::size_t bytes = iso::describe(*item->data).bytes();
  const Look before = impl_->look;
  impl_->items.push_back(std::move(item));
  opened ? show_opened(id) : show_if_first(id);
  impl_->selected = id;
  const Look after = impl_->look;
  impl_->undo.push({step_name,
                    bytes,
                    [this, kept, id, before] {
                      if (const Item* const now = impl_->find(id)) *kept = *now;
                      remove_item(id);
                      set_look(before);
                    },
                    [this, kept, after] {
                      insert_item(std::exchange(*kept, Item{}), impl_->items.size());
                      set_look(after);
                    },
                    {}});
  items_changed();
  selection_changed();
  return id;
}

ItemId Document::show_live(ItemId id, const std::string& name, DatasetPtr data) {
  if (id == 0) {
    auto item = std::make_unique<Item>();
    item->id = id = impl_->next_item++;
    item->name = name;
    item->data = std::move(data);
    item->saved = false;
    item->live = true;
    describe(*item);
    impl_->items.push_back(std::move(item));
    items_changed();
    return id;
  }
  Item* const item = impl_->find(id);
  if (item == nullptr) return 0;
  item->data = std::move(data);
  item->composite_raster.reset();
  if (!std::holds_alternative<Table>(*item->data))
    item->raster = std::make_shared<const render::Raster>(render::make_raster(item->data, item->part));
  item_changed(id);
  return id;
}

void Document::keep_live(ItemId id) {
  Item* const item = impl_->find(id);
  if (item == nullptr || !item->live) return;
  item->live = false;
  items_changed();
}

void Document::remove_live(ItemId id) {
  if (const Item* const item = impl_->find(id); item != nullptr && item->live) remove_item(id);
}

void Document::show_if_first(ItemId id) {
  const Item* const item = impl_->find(id);
  if (item == nullptr || item->raster == nullptr || item->raster->labels ||
      impl_->find(impl_->look.layout.base) != nullptr)
    return;
  show(id);
}

/// Labels lie on the image if they are in its place, an image lies under labels that were shown alone.
void Document::show_opened(ItemId id) {
  const Item* const item = impl_->find(id);
  if (item == nullptr || item->raster == nullptr) return;
  const Item* const before = impl_->find(impl_->look.layout.base);
  const auto labels = [](const Item* shown) { return shown != nullptr && shown->raster && shown->raster->labels; };
  const auto over = [this](ItemId overlay) {
    Look look = impl_->look;
    look.overlay.item = overlay;
    look.overlay.shown = true;
    set_look(look);
  };
  if (labels(item) && before != nullptr && !labels(before) && meet(*before->raster, *item->raster)) return over(id);
  show(id);
  if (!labels(item) && labels(before) && meet(*item->raster, *before->raster)) over(before->id);
}

void Document::reread(ItemId id, Item read, const std::string& step_name) {
  if (impl_->find(id) == nullptr) return;
  const auto kept = std::make_shared<Item>(std::move(read));
  kept->id = id;
  kept->name = impl_->find(id)->name;
  own_labels(*kept);
  describe(*kept, kept->raster);
  const Look before = impl_->look;
  const auto exchange = [this, id, kept] {
    Item* const item = impl_->find(id);
    if (item == nullptr) return;
    kept->name = item->name;  // a name that was given meanwhile stays
    std::swap(*kept, *item);  // one holder of each: a second one would make strokes copy
    items_changed();
    item_changed(id);
  };
  const std::size_t bytes = iso::describe(*kept->data).bytes();
  exchange();
  Look look = impl_->look;
  if (look.overlay.item == id) look.overlay.item = 0;
  if (look.layout.base == id) {
    look.layout.base = 0;
    for (const auto& other : impl_->items)
      if (look.layout.base == 0 && other->id != id && other->raster && !other->raster->labels)
        look.layout.base = other->id;
  }
  impl_->look = look;
  show_opened(id);
  look_changed();
  const Look after = impl_->look;
  impl_->undo.push({step_name,
                    bytes,
                    [this, exchange, before] {
                      exchange();
                      set_look(before);
                    },
                    [this, exchange, after] {
                      exchange();
                      set_look(after);
                    },
                    {}});
}

void Document::show(ItemId id) {
  const Item* const item = impl_->find(id);
  const Item* const before = impl_->find(impl_->look.layout.base);
  if (item == nullptr || item->raster == nullptr || item == before) return;
  Look look = impl_->look;
  look.layout.base = id;
  const bool one_frame = before != nullptr && before->raster != nullptr && before->raster->frame == item->raster->frame;
  if (!one_frame) {
    const Vec3 at = item->raster->frame.to_index(look.crosshair.position_mm);
    bool inside =
        before != nullptr && before->raster != nullptr && before->raster->anatomical == item->raster->anatomical;
    for (std::size_t axis = 0; axis < 3; ++axis)
      inside = inside && at[axis] > -0.5 && at[axis] < static_cast<double>(item->raster->frame.size[axis]) - 0.5;
    if (!inside) look.crosshair.position_mm = middle_voxel_mm(item->raster->frame);
    for (Camera& camera : look.cameras) camera.pan_mm = {}, camera.zoom = 1;
    look.frame = 0;
  }
  set_look(look);
}

void Document::remove_item(ItemId id) {
  std::erase_if(impl_->items, [&](const auto& item) { return item->id == id; });
  Look look = impl_->look;
  if (look.layout.base == id) look.layout.base = 0;
  if (look.overlay.item == id) look.overlay.item = 0;
  if (look.overlay.beneath == id) look.overlay.beneath = 0;
  if (look.layout.compared == id) look.layout.compared = 0;
  if (look.layout.base == 0)
    for (const auto& item : impl_->items)
      if (look.layout.base == 0 && item->raster && !item->raster->labels) look.layout.base = item->id;
  if (impl_->selected == id) impl_->selected = impl_->items.empty() ? 0 : impl_->items.back()->id;
  items_changed();
  set_look(look);
  selection_changed();
}

void Document::insert_item(const Item& item, std::size_t position) {
  const auto at = impl_->items.begin() + static_cast<std::ptrdiff_t>(std::min(position, impl_->items.size()));
  impl_->items.insert(at, std::make_unique<Item>(item));
  impl_->next_item = std::max(impl_->next_item, item.id + 1);
  impl_->selected = item.id;
  items_changed();
  selection_changed();
}

ItemId Document::add(std::string name, DatasetPtr data, std::filesystem::path file,
                     std::map<std::string, std::string> hints, std::shared_ptr<const render::Raster> raster,
                     std::optional<job::Record> record) {
  Item item;
  item.name = std::move(name);
  item.data = std::move(data);
  item.file = std::move(file);
  item.hints = std::move(hints);
  item.raster = std::move(raster);
  item.record = std::move(record);
  return add(std::move(item), false);
}

ItemId Document::add(Item opened, bool shown) {
  auto item = std::make_unique<Item>(std::move(opened));
  item->id = impl_->next_item++;
  item->saved = !item->file.empty();
  own_labels(*item);
  if (item->raster) describe(*item, item->raster);
  const std::string step = "Open " + item->name;
  return insert(std::move(item), step, shown);
}

ItemId Document::add_result(std::string name, DatasetPtr data, const job::Record& record) {
  return add_results({{std::move(name), std::move(data)}}, record).front();
}

std::vector<ItemId> Document::add_results(const std::vector<std::pair<std::string, DatasetPtr>>& outputs,
                                          const job::Record& record) {
  std::vector<ItemId> ids;
  std::vector<std::shared_ptr<const Item>> kept;
  const Look before = impl_->look;
  std::size_t bytes = 0;
  for (const auto& [name, data] : outputs) {
    auto item = std::make_unique<Item>();
    item->id = impl_->next_item++;
    item->name = name;
    item->data = data;
    item->saved = false;
    item->record = record;
    describe(*item);
    bytes += iso::describe(*data).bytes();
    kept.push_back(std::make_shared<const Item>(*item));
    ids.push_back(item->id);
    impl_->items.push_back(std::move(item));
  }
  if (ids.empty()) return ids;
  show_if_first(ids.front());
  impl_->selected = ids.front();
  const Look after = impl_->look;
  impl_->undo.push({"Result " + outputs.front().first,
                    bytes,
                    [this, ids, before] {
                      for (const ItemId id : ids) remove_item(id);
                      set_look(before);
                    },
                    [this, kept, after] {
                      for (const auto& item : kept) insert_item(*item, impl_->items.size());
                      set_look(after);
                    },
                    {}});
  items_changed();
  selection_changed();
  return ids;
}

void Document::remove(ItemId id) {
  const Item* const item = impl_->find(id);
  if (item == nullptr) return;
  const auto kept = std::make_shared<const Item>(*item);
  const auto position = static_cast<std::size_t>(
      std::ranges::find(impl_->items, id, [](const auto& i) { return i->id; }) - impl_->items.begin());
  const Look before = impl_->look;
  std::vector<Measurement> own;
  for (const Measurement& m : impl_->measurements)
    if (m.item == id) own.push_back(m);
  const auto forward = [this, id] {
    std::erase_if(impl_->measurements, [&](const Measurement& m) { return m.item == id; });
    remove_item(id);
    measurements_changed();
  };
  forward();
  impl_->undo.push({"Delete " + kept->name,
                    iso::describe(*kept->data).bytes(),
                    [this, kept, position, before, own] {
                      insert_item(*kept, position);
                      impl_->measurements.insert(impl_->measurements.end(), own.begin(), own.end());
                      set_look(before);
                      measurements_changed();
                    },
                    forward,
                    {}});
}

void Document::rename(ItemId id, const std::string& name) {
  Item* const item = impl_->find(id);
  if (item == nullptr || item->name == name || name.empty()) return;
  const auto apply = [this, id](const std::string& text) {
    if (Item* const target = impl_->find(id)) target->name = text;
    items_changed();
  };
  const std::string before = item->name;
  apply(name);
  impl_->undo.push({"Rename " + before, 0, [=] { apply(before); }, [=] { apply(name); }, {}});
}

void Document::mark_saved(ItemId id, std::filesystem::path file) {
  Item* const item = impl_->find(id);
  if (item == nullptr) return;
  item->saved = true;
  item->file = std::move(file);
  item->hints.clear();  // they said how to read the file that it came from
  items_changed();
}

void Document::select(ItemId id) {
  if (impl_->selected == id || (id != 0 && impl_->find(id) == nullptr)) return;
  impl_->selected = id;
  selection_changed();
}

void Document::set_part(ItemId id, render::Part part) {
  Item* const item = impl_->find(id);
  if (item == nullptr || item->part == part || !item->raster) return;
  const auto apply = [this, id](render::Part value) {
    Item* const target = impl_->find(id);
    if (target == nullptr) return;
    target->part = value;
    describe(*target);
    if (value == render::Part::phase) target->display.colour_map = "phase";
    item_changed(id);
  };
  const render::Part before = item->part;
  apply(part);
  impl_->undo.push({"Show part", 0, [=] { apply(before); }, [=] { apply(part); }, {}});
}

void Document::set_data(ItemId id, DatasetPtr data, std::string step_name) {
  Item* const item = impl_->find(id);
  if (item == nullptr || item->data == data) return;
  const auto apply = [this, id](const DatasetPtr& value, bool saved) {
    Item* const target = impl_->find(id);
    if (target == nullptr) return;
    target->data = value;
    target->saved = saved;
    if (target->raster)
      target->raster = std::make_shared<const render::Raster>(render::make_raster(value, target->part));
    target->composite_raster.reset();
    item_changed(id);
    items_changed();
  };
  const auto backward = [apply, before = item->data, saved = item->saved] { apply(before, saved); };
  apply(data, false);
  impl_->undo.push({std::move(step_name), 0, backward, [apply, data = std::move(data)] { apply(data, false); }, {}});
}

void Document::set_look(const Look& look) {
  if (impl_->look == look) return;
  impl_->look = look;
  look_changed();
}

const Item* Document::preview() const noexcept { return impl_->preview.get(); }

void Document::set_preview(std::string name, DatasetPtr data) {
  auto item = std::make_unique<Item>();
  item->name = std::move(name);
  item->data = std::move(data);
  describe(*item);
  if (!item->raster) return;
  const Item* const base = impl_->find(impl_->look.layout.base);
  const bool first = !impl_->preview;
  impl_->preview = std::move(item);
  if (first && (base == nullptr || base->raster == nullptr || base->raster->frame != impl_->preview->raster->frame)) {
    impl_->look_before_preview = impl_->look;
    Look look = impl_->look;
    look.crosshair.position_mm = middle_voxel_mm(impl_->preview->raster->frame);
    look.frame = 0;
    for (Camera& camera : look.cameras) camera.pan_mm = {};
    impl_->look = look;
  }
  look_changed();
}

void Document::clear_preview() {
  if (!impl_->preview) return;
  impl_->preview.reset();
  const auto before = std::exchange(impl_->look_before_preview, std::nullopt);
  if (before &&
      before->layout.base == impl_->look.layout.base) {  // else something has been shown since, a result for one
    const Look now = impl_->look;
    impl_->look = *before;
    impl_->look.layout.arrangement = now.layout.arrangement;
    impl_->look.layout.maximised = now.layout.maximised;
  }
  look_changed();
}

void Document::set_click_marks(std::vector<ClickMark> marks) {
  if (impl_->click_marks == marks) return;
  impl_->click_marks = std::move(marks);
  look_changed();
}

std::span<const ClickMark> Document::click_marks() const noexcept { return impl_->click_marks; }

void Document::restore(std::vector<Item> items, std::vector<Measurement> measurements, const Look& look,
                       ItemId selected) {
  restoring();
  impl_->look_before_preview.reset();
  impl_->items.clear();
  for (Item& item : items) {
    if (!item.raster && !std::holds_alternative<Table>(*item.data))
      item.raster = std::make_shared<const render::Raster>(render::make_raster(item.data, item.part));
    if (item.label_styles.empty()) take_label_styles(item);
    item.display.palette = make_label_palette(item.label_styles);
    impl_->next_item = std::max(impl_->next_item, item.id + 1);
    impl_->items.push_back(std::make_unique<Item>(std::move(item)));
  }
  for (const Measurement& m : measurements) impl_->next_measurement = std::max(impl_->next_measurement, m.id + 1);
  impl_->measurements = std::move(measurements);
  impl_->look = look;
  for (ItemId* shown : {&impl_->look.layout.base, &impl_->look.overlay.item, &impl_->look.overlay.beneath,
                        &impl_->look.layout.compared})
    if (impl_->find(*shown) == nullptr) *shown = 0;
  impl_->selected = impl_->find(selected) == nullptr ? 0 : selected;
  impl_->undo.clear();
  items_changed();
  look_changed();
  selection_changed();
  measurements_changed();
}

std::vector<Connection> Document::watch(std::function<void()> what) {
  std::vector<Connection> connections;
  for (Signal<>* signal : {&items_changed, &look_changed, &measurements_changed})
    connections.push_back(signal->connect(what));
  connections.push_back(item_changed.connect([what = std::move(what)](ItemId) { what(); }));
  return connections;
}

}  // namespace iso::gui
