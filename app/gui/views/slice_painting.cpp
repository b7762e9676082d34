// Painting labels by hand in a slice view.

#include "slice_view.h"

#include <algorithm>
#include <cmath>

namespace iso::gui {
namespace {

constexpr int sampled_px = 4;  ///< on each side of the cursor, for the range from under it

/// Values about a place: their mean and two and a half standard deviations on either side, at least a hundredth of all values.
std::optional<std::pair<double, double>> range_at(const SlicePresenter& presenter, const QPointF& at,
                                                  const ViewSize& size) {
  const Item* const item = presenter.item();
  if (item == nullptr || item->raster->labels) return std::nullopt;
  double sum = 0, squares = 0;
  int count = 0;
  for (int y = -sampled_px; y <= sampled_px; ++y)
    for (int x = -sampled_px; x <= sampled_px; ++x) {
      const Vec3 index = item->raster->frame.to_index(presenter.to_world(at.x() + x, at.y() + y, size));
      const auto value =
          value_at(*item->raster, {std::llround(index[0]), std::llround(index[1]), std::llround(index[2]), 0});
      if (!value) continue;
      sum += *value;
      squares += *value * *value;
      ++count;
    }
  if (count == 0) return std::nullopt;
  const double mean = sum / count, deviation = std::sqrt(std::max(0.0, squares / count - mean * mean));
  const double reach = std::max(2.5 * deviation, 0.01 * (item->raster->high - item->raster->low));
  return std::pair{mean - reach, mean + reach};
}

}  // namespace

ItemId SliceView::label_target() {
  const Item* const over = document_.find(document_.look().overlay.item);
  if (over != nullptr && to_kind(*over->data) == Kind::label_map) return over->id;
  const Item* const base = presenter_.item();
  if (base == nullptr || !(base->raster->anatomical || base->raster->stack)) {
    Q_EMIT message(tr("Labels need an image to lie on: open one first"));
    return 0;
  }
  if (to_kind(*base->data) == Kind::label_map) return base->id;  // shown without an image
  return document_.add_label_map(base->id, base->name + " labels");
}

void SliceView::begin_paint(const QPointF& at) {
  const ItemId target = label_target();
  const Item* const item = document_.find(target);
  if (item == nullptr) return;
  if (tools_.range_from_click) {
    tools_.range = range_at(presenter_, at, view_size());
    tools_.range_from_click = false;
    Q_EMIT tools_.changed();
  }
  const Item* const base = presenter_.item();
  stroke_ = std::make_unique<LabelStroke>(get<LabelMap>(item->data),
                                          base == nullptr || base->raster->labels ? nullptr : base->raster);
  std::vector<std::uint16_t> locked;
  for (const auto& [label, style] : item->label_styles)
    if (style.locked) locked.push_back(label);
  stroke_->protect(std::move(locked));
  stroke_item_ = target;
  stroke_labels_ = item->data;
  gesture_ = Gesture::paint;
  paint_at(at);
  if (tools_.tool() == Tool::fill) {
    gesture_ = Gesture::none;
    finish_paint();
  }
}

void SliceView::paint_at(const QPointF& at) {
  if (!stroke_) return;
  const ViewSize size = view_size();
  const Vec3 here = presenter_.to_world(at.x(), at.y(), size), normal = presenter_.picture(size).plane.normal();
  std::optional<LabelStroke::Range> range;
  if (tools_.range) range = LabelStroke::Range{tools_.range->first, tools_.range->second};
  if (tools_.tool() == Tool::fill) {
    stroke_->fill(here, normal, tools_.label, range);
  } else {
    stroke_->dab(here, normal, tools_.brush_radius_mm, tools_.sphere,
                 tools_.tool() == Tool::erase ? LabelStroke::Effect::erase : LabelStroke::Effect::paint,
                 tools_.tool() == Tool::erase ? std::uint16_t{0} : tools_.label, range);
  }
  presenter_.set_working_labels(stroke_item_, stroke_->patch());
  update();
}

void SliceView::finish_paint() {
  if (!stroke_) return;
  // An answer to a click, or an undo, may have changed the labels while the button was down.
  const Item* const item = document_.find(stroke_item_);
  const auto delta = item == nullptr ? nullptr : stroke_->delta_on(get<LabelMap>(item->data).labels);
  stroke_.reset();
  stroke_labels_.reset();
  presenter_.set_working_labels(0, nullptr);
  const char* const verb = tools_.tool() == Tool::erase  ? "Erase"
                           : tools_.tool() == Tool::fill ? "Fill label "
                                                         : "Paint label ";
  std::string name = verb;
  if (tools_.tool() != Tool::erase) name += std::to_string(tools_.label);
  if (delta)
    document_.apply_label_delta(stroke_item_, delta, std::move(name));
  else if (tools_.range)
    Q_EMIT message(tr("Nothing was painted: no value here lies in the range %1 to %2")
                       .arg(tools_.range->first, 0, 'g', 4)
                       .arg(tools_.range->second, 0, 'g', 4));
  update();
}

}  // namespace iso::gui
