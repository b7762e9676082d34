#include "method/slices.h"

#include "method/features.h"

#include <algorithm>
#include <cmath>

namespace gp_segmentation {
namespace {

constexpr std::size_t most_patches = 24;
constexpr std::size_t least_kept = 4, most_kept = 1024;
constexpr double mask_scale_mm = 3, pseudo_weight = 0.5, slices_of_reach = 2;

std::size_t to_axis(SliceAxis axis) { return axis == SliceAxis::z ? 2 : axis == SliceAxis::y ? 1 : 0; }

/// What a click changes when only its own connected part may: `now` within the part of the difference that the newest stroke
/// touches, the labels before elsewhere, and nothing where they agreed with the stroke already.
std::vector<std::uint16_t> local_change(const std::vector<std::uint16_t>& before, const std::vector<std::uint16_t>& now,
                                        const MarkStroke& newest, const Voxel& size) {
  const auto index = [&size](const Voxel& at) { return static_cast<std::size_t>(at[0] + size[0] * at[1]); };
  std::vector<std::uint16_t> result = before;
  std::vector<bool> seen(before.size(), false);
  std::vector<Voxel> front;
  for (const Voxel& at : newest.voxels)
    if (before[index(at)] != newest.label) front.push_back(at);
  while (!front.empty()) {
    const Voxel at = front.back();
    front.pop_back();
    if (at[0] < 0 || at[1] < 0 || at[0] >= size[0] || at[1] >= size[1] || seen[index(at)]) continue;
    seen[index(at)] = true;
    if (now[index(at)] == before[index(at)]) continue;
    result[index(at)] = now[index(at)];
    for (const std::int64_t by : {-1, 1})
      front.push_back({at[0] + by, at[1], 0}), front.push_back({at[0], at[1] + by, 0});
  }
  return result;
}

}  // namespace

Segmentation::Slices::Place Segmentation::Slices::place(std::int64_t slice) const {
  const std::array<std::int64_t, 3> stride{1, picture_.size[0], picture_.size[0] * picture_.size[1]};
  const std::size_t a = axis_ == 0 ? 1 : 0, b = axis_ == 2 ? 1 : 2;
  return {slice * stride[axis_], stride[a], stride[b], picture_.size[a], picture_.size[b]};
}

Patch& Segmentation::Slices::patch(std::int64_t slice) {
  used_.remove(slice);
  used_.push_front(slice);
  while (used_.size() > most_patches) {
    patches_.erase(used_.back());
    used_.pop_back();
  }
  std::unique_ptr<Patch>& kept = patches_[slice];
  if (!kept) kept = std::make_unique<Patch>(make_slice(picture_, axis_, slice), 1, backend_);
  drop_old_columns();
  return *kept;
}

std::vector<std::uint16_t> Segmentation::Slices::existing_in(std::int64_t slice) const {
  std::vector<std::uint16_t> labels;
  if (existing_.empty()) return labels;
  const Place at = place(slice);
  labels.reserve(static_cast<std::size_t>(at.a * at.b));
  for (std::int64_t j = 0; j < at.b; ++j)
    for (std::int64_t i = 0; i < at.a; ++i)
      labels.push_back(existing_[static_cast<std::size_t>(at.first + i * at.stride_a + j * at.stride_b)]);
  if (std::ranges::all_of(labels, [](std::uint16_t label) { return label == 0; })) labels.clear();
  return labels;
}

void Segmentation::Slices::put(std::int64_t slice, const std::vector<std::uint16_t>& labels,
                               std::vector<std::uint16_t>& to) const {
  const Place at = place(slice);
  std::size_t next = 0;
  for (std::int64_t j = 0; j < at.b; ++j)
    for (std::int64_t i = 0; i < at.a; ++i, ++next)
      to[static_cast<std::size_t>(at.first + i * at.stride_a + j * at.stride_b)] = labels[next];
}

Segmentation::Slices::Kept::Kept(Key of, const Result& result)
    : key{std::move(of)}, told{result.told}, uncertainty{result.uncertainty} {
  for (const std::uint16_t label : result.labels)
    if (runs.empty() || runs.back().label != label)
      runs.push_back({1, label});
    else
      ++runs.back().length;
  runs.shrink_to_fit();
  bytes = sizeof(Kept) + runs.size() * sizeof(Run) + key.strokes.size() * sizeof(MarkStroke);
  for (const MarkStroke& stroke : key.strokes) bytes += stroke.voxels.capacity() * sizeof(Voxel);
  bytes += (uncertainty.probability.size() + uncertainty.deviation.size()) * sizeof(float);
}

std::shared_ptr<const Segmentation::Slices::Result> Segmentation::Slices::Kept::unpacked() const {
  auto result = std::make_shared<Result>();
  for (const Run& run : runs) result->labels.insert(result->labels.end(), run.length, run.label);
  result->told = told, result->uncertainty = uncertainty;
  return result;
}

std::shared_ptr<const Segmentation::Slices::Result> Segmentation::Slices::find(const Key& key) {
  const auto found = std::ranges::find(kept_, key, &Kept::key);
  if (found == kept_.end()) return nullptr;
  kept_.splice(kept_.begin(), kept_, found);
  return kept_.front().unpacked();
}

void Segmentation::Slices::keep(const Key& key, const Result& result) {
  kept_.emplace_front(key, result);
  kept_bytes_ += kept_.front().bytes;
  while (kept_.size() > most_kept || (kept_.size() > least_kept && kept_bytes_ > most_kept_bytes)) {
    kept_bytes_ -= kept_.back().bytes;
    kept_.pop_back();
  }
}

/// Of the slices that were looked at longest ago, once there are too many. The newest one keeps its own.
void Segmentation::Slices::drop_old_columns() {
  std::size_t bytes = 0;
  for (const std::int64_t slice : used_) {
    Patch& one = *patches_.at(slice);
    if (slice != used_.front() && bytes + one.column_bytes() > most_column_bytes) one.drop_columns();
    bytes += one.column_bytes();
  }
}

iso::compute::KernelScales Segmentation::Slices::scales() const {
  const std::size_t a = axis_ == 0 ? 1 : 0, b = axis_ == 2 ? 1 : 2;
  double area = 1, axes = 0, finest = 0;
  for (const std::size_t axis : {a, b}) {
    if (picture_.size[axis] < 2) continue;
    area *= static_cast<double>(picture_.size[axis]) * picture_.spacing_mm[axis];
    finest = axes == 0 ? picture_.spacing_mm[axis] : std::min(finest, picture_.spacing_mm[axis]);
    ++axes;
  }
  if (axes == 0) return make_scales(options_, picture_.spacing_mm[a], picture_.spacing_mm[a]);
  return make_scales(options_, std::pow(area, 1 / axes), finest);
}

Question Segmentation::Slices::question(std::int64_t slice, std::span<const MarkStroke> strokes) {
  Question asked;
  const Place at = place(slice);
  Marked said = make_marked(strokes, {at.a, at.b, 1});
  asked.clicks = std::move(said.clicks), asked.marked = std::move(said.voxels);
  asked.options = options_, asked.scales = scales();
  asked.mask_scale_mm = mask_scale_mm;
  return asked;
}

std::shared_ptr<const Segmentation::Slices::Result> Segmentation::Slices::marked(
    std::int64_t slice, const std::vector<MarkStroke>& strokes) {
  const Key key{slice, strokes, slice};
  if (auto known = find(key)) return known;
  const Voxel size{place(slice).a, place(slice).b, 1};
  auto result = std::make_shared<Result>();
  Question asked = question(slice, strokes);
  asked.existing = existing_in(slice);
  const std::vector<Click> voxels = asked.marked;
  const std::vector<std::uint16_t> existing = asked.existing;
  Solution solution{patch(slice), std::move(asked)};
  while (!solution.done()) solution.step();
  result->labels = solution.labels();
  result->told = solution.obedience();
  if (options_.uncertainty) {
    const auto newest =
        std::ranges::find_if(strokes.rbegin(), strokes.rend(), [](const MarkStroke& s) { return s.label != 0; });
    if (newest != strokes.rend()) result->uncertainty = solution.uncertainty(newest->label);
  }
  if (options_.local_edits && (strokes.size() > 1 || !existing.empty())) {
    const std::vector<MarkStroke> before{strokes.begin(), strokes.end() - 1};
    const std::vector<std::uint16_t> was = before.empty() ? existing : marked(slice, before)->labels;
    result->labels = local_change(was, result->labels, strokes.back(), size);
    for (const Click& one : voxels)
      result->labels[static_cast<std::size_t>(one.at[0] + size[0] * one.at[1])] = one.label;
  }
  keep(key, *result);
  return result;
}

std::shared_ptr<const Segmentation::Slices::Result> Segmentation::Slices::propagated(const Key& key,
                                                                                     const Result& neighbour) {
  if (auto known = find(key)) return known;
  const Place at = place(key.slice);
  const Voxel size{at.a, at.b, 1};
  auto result = std::make_shared<Result>();
  Question asked = question(key.slice, key.strokes);
  // The clicks of the slice that this comes from, at their real distance: reach is two slices through them.
  Patch& source = patch(key.from);
  while (!source.ready()) source.make_next_slab();
  const double away = static_cast<double>(key.slice - key.from) * asked.scales.reach_mm / slices_of_reach;
  for (const Click& click : asked.clicks) {
    asked.further.push_back(click);
    asked.further_centres.push_back(source.centre_at(click.at));
    asked.further_centres.back().place_mm[2] = away;
    asked.further_weight.push_back(1);
  }
  asked.clicks.clear(), asked.marked.clear();
  asked.existing = neighbour.labels;
  asked.mask_scale_mm = mask_scale_mm + picture_.spacing_mm[axis_];
  Patch& own = patch(key.slice);
  while (!own.ready()) own.make_next_slab();
  std::vector<std::uint16_t> labels = neighbour.labels;
  std::ranges::sort(labels);
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  for (const std::uint16_t label : labels) {
    if (label == 0) continue;
    std::vector<std::uint8_t> mask(neighbour.labels.size());
    for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = neighbour.labels[i] == label ? 1 : 0;
    const PseudoClicks pseudo = make_pseudo_clicks(mask, size, own.picture().spacing_mm);
    const auto add = [&](const std::vector<Voxel>& places, bool inside) {
      for (const Voxel& place : places) {
        const std::uint16_t there = neighbour.labels[static_cast<std::size_t>(own.picture().index(place))];
        if (!inside && there != 0) continue;
        asked.further.push_back({place, inside ? label : std::uint16_t{0}});
        asked.further_centres.push_back(own.centre_at(place));
        asked.further_weight.push_back(pseudo_weight);
      }
    };
    add(pseudo.inside, true), add(pseudo.outside, false);
  }
  Solution solution{own, std::move(asked)};
  while (!solution.done()) solution.step();
  result->labels = solution.labels();
  keep(key, *result);
  return result;
}

Segmentation::Slices::BySlice Segmentation::Slices::by_slice(std::span<const MarkStroke> strokes) const {
  BySlice found;
  for (const MarkStroke& stroke : strokes) {
    std::map<std::int64_t, MarkStroke> pieces;
    for (const Voxel& voxel : stroke.voxels) {
      if (!picture_.contains(voxel)) continue;
      const InSlice where = to_slice(voxel, axis_);
      pieces[where.slice].label = stroke.label;
      pieces[where.slice].voxels.push_back(where.at);
      found.newest = where.slice;
    }
    for (auto& [slice, piece] : pieces) found.strokes[slice].push_back(std::move(piece));
  }
  return found;
}

/// The nearest marked slice, the lower of two.
std::int64_t Segmentation::Slices::BySlice::nearest(std::int64_t slice) const {
  std::int64_t found = strokes.begin()->first;
  for (const auto& [marked_slice, piece] : strokes)
    if (std::abs(marked_slice - slice) < std::abs(found - slice)) found = marked_slice;
  return found;
}

/// From every marked slice to so many on both sides, until another marked one is nearer or nothing is left of the object.
void Segmentation::Slices::propagate(const BySlice& marks, int slices, Results& results, Spent& spent) {
  const std::int64_t last = picture_.size[axis_] - 1;
  for (const auto& [from, piece] : marks.strokes) {
    for (const std::int64_t by : {-1, 1}) {
      std::shared_ptr<const Result> neighbour = results[from];
      for (int k = 1; k <= slices && !spent.out_of_time; ++k) {
        const std::int64_t slice = from + by * k;
        if (slice < 0 || slice > last || marks.strokes.contains(slice) || marks.nearest(slice) != from) break;
        if (std::ranges::all_of(neighbour->labels, [](std::uint16_t label) { return label == 0; })) break;
        neighbour = propagated({slice, piece, from}, *neighbour);
        results[slice] = neighbour;
        ++spent.planned;
        spent.another();
      }
    }
  }
}

/// Of the marked slices; hints of the one that was marked last.
void Segmentation::Slices::put_uncertainty(const BySlice& marks, const Results& results, Answer& to) const {
  const Place at = place(0);
  to.probability.assign(to.labels.size(), 0), to.deviation.assign(to.labels.size(), 0);
  for (const auto& [slice, piece] : marks.strokes) {
    const Solution::Uncertainty& told = results.at(slice)->uncertainty;
    if (told.probability.empty()) continue;
    const Place here = place(slice);
    for (std::int64_t j = 0; j < at.b; ++j)
      for (std::int64_t i = 0; i < at.a; ++i) {
        const auto voxel = static_cast<std::size_t>(here.first + i * here.stride_a + j * here.stride_b);
        to.probability[voxel] = told.probability[static_cast<std::size_t>(i + at.a * j)];
        to.deviation[voxel] = told.deviation[static_cast<std::size_t>(i + at.a * j)];
      }
    if (slice != marks.newest) continue;
    for (const Hint& hint : told.hints) {
      Voxel voxel{};
      voxel[axis_] = slice;
      voxel[axis_ == 0 ? 1 : 0] = hint.at[0], voxel[axis_ == 2 ? 1 : 2] = hint.at[1];
      to.hints.push_back({voxel, hint.score});
    }
  }
}

void Segmentation::Slices::answer(std::span<const MarkStroke> strokes, const Options& options,
                                  const std::function<bool()>& enough, Answer& to) {
  Options relevant = options;
  relevant.propagate = 0;
  if (relevant != options_) kept_.clear(), kept_bytes_ = 0;
  if (to_axis(options.slice_axis) != axis_) patches_.clear(), used_.clear();
  options_ = relevant, axis_ = to_axis(options.slice_axis);
  const BySlice marks = by_slice(strokes);
  Spent spent{enough, 0, marks.strokes.size()};
  // The slice that was clicked last first: it is looked at.
  std::vector<std::int64_t> order;
  order.reserve(marks.strokes.size());
  if (marks.newest >= 0) order.push_back(marks.newest);
  for (const auto& [slice, piece] : marks.strokes)
    if (slice != marks.newest) order.push_back(slice);
  Results results;
  for (const std::int64_t slice : order) {
    if (spent.out_of_time) break;
    const auto result = marked(slice, marks.strokes.at(slice));
    results[slice] = result;
    to.told.violated += result->told.violated, to.told.wrong += result->told.wrong;
    to.told.margin_error = std::max(to.told.margin_error, result->told.margin_error);
    spent.another();
  }
  if (options.propagate > 0 && !spent.out_of_time) propagate(marks, options.propagate, results, spent);
  for (const auto& [slice, result] : results) put(slice, result->labels, to.labels);
  to.fraction =
      spent.out_of_time ? std::min(0.99, static_cast<double>(spent.done) / static_cast<double>(spent.planned + 1)) : 1;
  if (options.uncertainty && !spent.out_of_time) put_uncertainty(marks, results, to);
}

}  // namespace gp_segmentation
