// What lies on the data of the document: measurements and labels.

#include "document_impl.h"

#include "composite.h"

#include <atomic>
#include <utility>

namespace iso::gui {
namespace {

/// What others see of memory that strokes of this document write.
Pixels shown(const std::shared_ptr<PixelBuffer>& painted) {
  return Pixels::adopt(painted->spec(), painted, painted->data());
}

}  // namespace

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
  const auto backward = [apply, before = *found] { apply(before); };
  apply(measurement);
  impl_->undo.push({"Change " + measurement.name, 0, backward, [=] { apply(measurement); },
                    "measurement" + std::to_string(measurement.id)});
}

void Document::remove_measurement(std::uint64_t id) {
  const auto found = std::ranges::find(impl_->measurements, id, &Measurement::id);
  if (found == impl_->measurements.end()) return;
  const std::string step = "Delete " + found->name;
  const auto backward = [this, kept = *found, position = found - impl_->measurements.begin()] {
    auto& all = impl_->measurements;
    all.insert(all.begin() + std::min<std::ptrdiff_t>(position, std::ssize(all)), kept);
    measurements_changed();
  };
  const auto forward = [this, id] {
    std::erase_if(impl_->measurements, [&](const Measurement& m) { return m.id == id; });
    measurements_changed();
  };
  forward();
  impl_->undo.push({step, 0, backward, forward, {}});
}

ItemId Document::add_label_map(ItemId on_grid_of, std::string name) {
  const Item* const base = impl_->find(on_grid_of);
  if (base == nullptr || base->raster == nullptr)
    throw Error{Errc::usage, "labels need an image to lie on", "open an image first"};
  const VoxelGrid grid = base->raster->stack ? flat_frame(base->raster->frame) : base->raster->frame;
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

void Document::set_label_styles(ItemId id, const LabelStyles& styles, std::string step_name) {
  const Item* const item = impl_->find(id);
  if (item == nullptr || item->label_styles == styles) return;
  const auto apply = [this, id](const LabelStyles& value) {
    Item* const target = impl_->find(id);
    if (target == nullptr) return;
    target->label_styles = value;
    target->display.palette = make_label_palette(value);
    target->saved = false;
    item_changed(id);
  };
  const LabelStyles before = item->label_styles;
  apply(styles);
  impl_->undo.push({std::move(step_name), 0, [=] { apply(before); }, [=] { apply(styles); }, {}});
  items_changed();
}

void Document::change_labels(ItemId id, const LabelDelta& delta, bool forwards) {
  Item* const target = impl_->find(id);
  if (target == nullptr) return;
  // Whoever else holds the map (a job, the journal, a save) goes on seeing what it was given: then, and only then, it is
  // copied. The count cannot rise meanwhile, because new holders come from this thread.
  const bool compared =
      id == impl_->look.layout.base || id == impl_->look.layout.compared;  // another thread makes the figures
  const bool counted = target->counted.lock() == target->data;
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
  if (counted) {
    for (const LabelRun& run : delta.runs) {
      target->label_counts[forwards ? run.before : run.after] -= run.length;
      target->label_counts[forwards ? run.after : run.before] += run.length;
    }
    target->counted = target->data;
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

}  // namespace iso::gui
