#include "document.h"

#include "labels.h"

#include "iso/data/description.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <utility>

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

  [[nodiscard]] Item* find(ItemId id) noexcept {
    const auto found = std::ranges::find(items, id, [](const auto& item) { return item->id; });
    return found == items.end() ? nullptr : found->get();
  }
};

namespace {

render::Display first_display(const render::Raster& raster) {
  render::Display display;
  if (raster.labels) {
    display.colour_map = "labels";
    display.interpolate = false;
    display.opacity = 0.5;
    return display;
  }
  if (raster.asked_window) {
    display.width = (*raster.asked_window)[0];
    display.centre = (*raster.asked_window)[1];
    return display;
  }
  render::set_automatic_window(display, raster);
  return display;
}

Vec3 middle_voxel_mm(const VoxelGrid& frame) {
  Vec3 index{};
  for (std::size_t axis = 0; axis < 3; ++axis) index[axis] = std::floor(static_cast<double>(frame.size[axis] - 1) / 2);
  return frame.to_world(index);
}

/// What others see of memory that strokes of this document write.
Pixels shown(const std::shared_ptr<PixelBuffer>& painted) {
  return Pixels::adopt(painted->spec(), painted, painted->data());
}

void describe(Item& item, std::shared_ptr<const render::Raster> raster = {}) {
  if (std::holds_alternative<Table>(*item.data)) return;
  item.raster =
      raster ? std::move(raster) : std::make_shared<const render::Raster>(render::make_raster(item.data, item.part));
  item.display = first_display(*item.raster);
}

}  // namespace

std::string_view to_string(MeasureKind kind) noexcept {
  switch (kind) {
    case MeasureKind::line: return "line";
    case MeasureKind::angle: return "angle";
    case MeasureKind::rectangle: return "rectangle";
    case MeasureKind::ellipse: return "ellipse";
    case MeasureKind::polygon: return "polygon";
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
ItemId Document::insert(std::unique_ptr<Item> item, const std::string& step_name) {
  const ItemId id = item->id;
  if (item->raster == nullptr) describe(*item);
  const auto kept =
      std::make_shared<Item>();  // while the step is undone; a second holder of labels would make strokes copy
  const std::size_t bytes = iso::describe(*item->data).bytes();
  const Look before = impl_->look;
  impl_->items.push_back(std::move(item));
  show_if_first(id);
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
  auto item = std::make_unique<Item>();
  item->id = impl_->next_item++;
  item->name = std::move(name);
  item->data = std::move(data);
  item->saved = !file.empty();
  item->file = std::move(file);
  item->hints = std::move(hints);
  item->record = std::move(record);
  if (raster) describe(*item, std::move(raster));
  const std::string step = "Open " + item->name;
  return insert(std::move(item), step);
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
  items_changed();
}

void Document::select(ItemId id) {
  if (impl_->selected == id || (id != 0 && impl_->find(id) == nullptr)) return;
  impl_->selected = id;
  selection_changed();
}

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

std::uint64_t Document::add_measurement(Measurement measurement) {
  if (measurement.id == 0) measurement.id = impl_->next_measurement;
  impl_->next_measurement = std::max(impl_->next_measurement, measurement.id + 1);
  if (measurement.name.empty()) {
    std::string word{to_string(measurement.kind)};
    word[0] = static_cast<char>(word[0] - 'a' + 'A');
    measurement.name = word + " " + std::to_string(measurement.id);
  }
  const auto forward = [this, measurement] {
    impl_->measurements.push_back(measurement);
    measurements_changed();
  };
  const auto backward = [this, id = measurement.id] {
    std::erase_if(impl_->measurements, [&](const Measurement& m) { return m.id == id; });
    measurements_changed();
  };
  forward();
  impl_->undo.push({"Measure " + measurement.name, 0, backward, forward, {}});
  return measurement.id;
}

void Document::change_measurement(const Measurement& measurement) {
  const auto found = std::ranges::find(impl_->measurements, measurement.id, &Measurement::id);
  if (found == impl_->measurements.end() || *found == measurement) return;
  const auto apply = [this](const Measurement& value) {
    for (Measurement& m : impl_->measurements)
      if (m.id == value.id) m = value;
    measurements_changed();
  };
  const Measurement before = *found;
  apply(measurement);
  impl_->undo.push({"Change " + measurement.name, 0, [=] { apply(before); }, [=] { apply(measurement); },
                    "measurement" + std::to_string(measurement.id)});
}

void Document::remove_measurement(std::uint64_t id) {
  const auto found = std::ranges::find(impl_->measurements, id, &Measurement::id);
  if (found == impl_->measurements.end()) return;
  const Measurement kept = *found;
  const auto forward = [this, id] {
    std::erase_if(impl_->measurements, [&](const Measurement& m) { return m.id == id; });
    measurements_changed();
  };
  forward();
  impl_->undo.push({"Delete " + kept.name,
                    0,
                    [this, kept] {
                      impl_->measurements.push_back(kept);
                      measurements_changed();
                    },
                    forward,
                    {}});
}

ItemId Document::add_label_map(ItemId on_grid_of, std::string name) {
  const Item* const base = impl_->find(on_grid_of);
  if (base == nullptr || base->raster == nullptr)
    throw Error{Errc::usage, "labels need an image to lie on", "open an image first"};
  const VoxelGrid& grid = base->raster->frame;
  auto item = std::make_unique<Item>();
  item->painted = std::make_shared<PixelBuffer>(PixelBuffer::allocate({grid.shape(), ScalarType::u16}));
  item->id = impl_->next_item++;
  item->name = std::move(name);
  item->data = freeze(LabelMap{shown(item->painted), grid, {}, {}});
  item->saved = false;
  const ItemId id = insert(std::move(item), "New labels");
  Look look = impl_->look;
  look.overlay.item = id;
  set_look(look);
  return id;
}

void Document::change_labels(ItemId id, const LabelDelta& delta, bool forwards) {
  Item* const target = impl_->find(id);
  if (target == nullptr) return;
  // Whoever else holds the map (a job, the journal, a save) goes on seeing what it was given: then, and only then, it is
  // copied. The count cannot rise meanwhile, because new holders come from this thread.
  const bool compared =
      id == impl_->look.layout.base || id == impl_->look.layout.compared;  // another thread makes the figures
  const bool own = target->painted && target->painted->data() == get<LabelMap>(target->data).labels.data();
  if (own && target->data.use_count() == 1 && !compared) {
    std::atomic_thread_fence(std::memory_order_acquire);  // what the last other holder read is over
    apply_in_place(*target->painted, delta, forwards);
  } else {
    const auto& before = get<LabelMap>(target->data);
    auto copy = std::make_shared<PixelBuffer>(PixelBuffer::make_copy(before.labels));
    apply_in_place(*copy, delta, forwards);
    target->data = freeze(LabelMap{shown(copy), before.grid, before.names, before.meta});
    target->painted = std::move(copy);
  }
  target->raster = std::make_shared<const render::Raster>(render::make_raster(target->data, target->part));
  target->saved = false;
  item_changed(id);
  labels_changed(id, delta, forwards);
}

void Document::apply_label_delta(ItemId id, std::shared_ptr<const LabelDelta> delta, std::string step_name,
                                 std::function<void(bool forwards)> on_replay) {
  if (impl_->find(id) == nullptr || !delta || delta->runs.empty()) return;
  const auto step = std::make_shared<LabelStep>(LabelStep{id, std::move(delta), 0});
  const auto apply = [this, step, on_replay = std::move(on_replay)](bool forwards) {
    change_labels(step->item, *step->delta, forwards);
    if (on_replay) on_replay(forwards);
  };
  change_labels(id, *step->delta, true);
  impl_->undo.push({std::move(step_name), step->delta->bytes(), [=] { apply(false); }, [=] { apply(true); }, {}});
  step->number = impl_->undo.position() + impl_->undo.forgotten();
  impl_->label_step = step;
}

bool Document::extend_label_delta(ItemId id, const LabelDelta& more) {
  const auto step = impl_->label_step.lock();
  Item* const item = impl_->find(id);
  if (!step || item == nullptr || step->item != id || impl_->undo.can_redo() ||
      impl_->undo.position() + impl_->undo.forgotten() != step->number)
    return false;
  const LabelMap before = applied(get<LabelMap>(item->data), *step->delta, false);
  change_labels(id, more, true);
  auto whole = delta_between(before, get<LabelMap>(item->data));
  step->delta = whole ? std::move(whole) : std::make_shared<const LabelDelta>();
  impl_->undo.set_newest_bytes(step->delta->bytes());
  return true;
}

void Document::restore(std::vector<Item> items, std::vector<Measurement> measurements, const Look& look,
                       ItemId selected) {
  restoring();
  impl_->look_before_preview.reset();
  impl_->items.clear();
  for (Item& item : items) {
    if (!item.raster && !std::holds_alternative<Table>(*item.data))
      item.raster = std::make_shared<const render::Raster>(render::make_raster(item.data, item.part));
    impl_->next_item = std::max(impl_->next_item, item.id + 1);
    impl_->items.push_back(std::make_unique<Item>(std::move(item)));
  }
  for (const Measurement& m : measurements) impl_->next_measurement = std::max(impl_->next_measurement, m.id + 1);
  impl_->measurements = std::move(measurements);
  impl_->look = look;
  for (ItemId* shown : {&impl_->look.layout.base, &impl_->look.overlay.item, &impl_->look.layout.compared})
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
