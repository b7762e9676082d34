#include "method/box.h"

#include "method/features.h"

#include <iso/base/threads.h>

#include <algorithm>
#include <cmath>

namespace gp_segmentation {
namespace {

constexpr double reaches_around = 3;
constexpr std::int64_t snap = 16;                 ///< so that a further click seldom moves the box
constexpr std::int64_t most_voxels = 30'000'000;  ///< of a box in full
constexpr double mask_scale_mm = 3;

/// Linear between the centres of coarse voxels.
std::vector<float> upsampled(const std::vector<float>& field, const Voxel& from, const Voxel& to, const Voxel& factor) {
  std::vector<float> result(static_cast<std::size_t>(to[0] * to[1] * to[2]));
  struct Between {
    std::int64_t low, high;
    float weight;  ///< of high
  };
  const auto between = [&](std::int64_t i, std::size_t axis) {
    const double at = (static_cast<double>(i) + 0.5) / static_cast<double>(factor[axis]) - 0.5;
    const double floor = std::floor(at);
    const auto low = static_cast<std::int64_t>(floor);
    return Between{std::clamp<std::int64_t>(low, 0, from[axis] - 1),
                   std::clamp<std::int64_t>(low + 1, 0, from[axis] - 1), static_cast<float>(at - floor)};
  };
  iso::parallel_for(to[1] * to[2], 64, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> line(static_cast<std::size_t>(from[0]));
    for (std::int64_t row = begin; row < end; ++row) {
      const Between y = between(row % to[1], 1), z = between(row / to[1], 2);
      const auto source = [&](std::int64_t j, std::int64_t k) { return field.data() + from[0] * (j + from[1] * k); };
      for (std::int64_t x = 0; x < from[0]; ++x) {
        const float a = source(y.low, z.low)[x] * (1 - y.weight) + source(y.high, z.low)[x] * y.weight;
        const float b = source(y.low, z.high)[x] * (1 - y.weight) + source(y.high, z.high)[x] * y.weight;
        line[static_cast<std::size_t>(x)] = a * (1 - z.weight) + b * z.weight;
      }
      for (std::int64_t x = 0; x < to[0]; ++x) {
        const Between at = between(x, 0);
        result[static_cast<std::size_t>(row * to[0] + x)] = line[static_cast<std::size_t>(at.low)] * (1 - at.weight) +
                                                            line[static_cast<std::size_t>(at.high)] * at.weight;
      }
    }
  });
  return result;
}

double side_mm(const Picture& picture) {
  double volume = 1, axes = 0;
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (picture.size[axis] > 1) volume *= static_cast<double>(picture.size[axis]) * picture.spacing_mm[axis], ++axes;
  return axes > 0 ? std::pow(volume, 1 / axes) : picture.spacing_mm[0];
}

}  // namespace

void Segmentation::Box::place_box(const std::vector<Click>& marked, double reach_mm) {
  Voxel low = picture_.size, high{0, 0, 0};
  for (const Click& click : marked)
    for (std::size_t axis = 0; axis < 3; ++axis) {
      low[axis] = std::min(low[axis], click.at[axis]);
      high[axis] = std::max(high[axis], click.at[axis] + 1);
    }
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto around = static_cast<std::int64_t>(std::ceil(reaches_around * reach_mm / picture_.spacing_mm[axis]));
    low[axis] = std::max<std::int64_t>(0, low[axis] - around) / snap * snap;
    high[axis] = std::min(picture_.size[axis], (high[axis] + around + snap - 1) / snap * snap);
  }
  if (options_.everywhere) low = {0, 0, 0}, high = picture_.size;
  if (coarse_ && low == low_ && high == high_) return;
  low_ = low, high_ = high;
  coarse_.reset(), full_.reset();
}

Question Segmentation::Box::question(const Picture& grid, const Voxel& factor) const {
  Question asked;
  asked.options = options_, asked.scales = scales_, asked.mask_scale_mm = mask_scale_mm;
  const auto moved = [&](const std::vector<Click>& clicks) {
    std::vector<Click> there;
    for (Click click : clicks) {
      for (std::size_t axis = 0; axis < 3; ++axis) click.at[axis] = (click.at[axis] - low_[axis]) / factor[axis];
      std::erase_if(there, [&](const Click& other) { return other.at == click.at; });
      there.push_back(click);
    }
    return there;
  };
  asked.clicks = moved(said_.clicks);
  if (factor == Voxel{1, 1, 1}) {
    asked.marked = said_.voxels;
    for (Click& click : asked.marked)
      for (std::size_t axis = 0; axis < 3; ++axis) click.at[axis] -= low_[axis];
  } else {
    asked.marked = asked.clicks;
  }
  if (existing_.empty()) return asked;
  asked.existing.resize(static_cast<std::size_t>(grid.count()));
  for (std::int64_t i = 0; i < grid.count(); ++i) {
    const Voxel at{i % grid.size[0], i / grid.size[0] % grid.size[1], i / (grid.size[0] * grid.size[1])};
    Voxel from{};
    for (std::size_t axis = 0; axis < 3; ++axis) from[axis] = low_[axis] + at[axis] * factor[axis];
    asked.existing[static_cast<std::size_t>(i)] = existing_[static_cast<std::size_t>(picture_.index(from))];
  }
  return asked;
}

void Segmentation::Box::begin(std::span<const MarkStroke> strokes, const Options& options) {
  const bool same_patches = asked_ && options.everywhere == options_.everywhere;
  if (!same_patches) coarse_.reset(), full_.reset();
  strokes_.assign(strokes.begin(), strokes.end());
  options_ = options;
  asked_ = true;
  first_.reset(), second_.reset();
  preview_.clear(), labels_.clear();
  told_ = {};
  said_ = make_marked(strokes, picture_.size);
  if (said_.voxels.empty()) return;
  scales_ = make_scales(options, side_mm(picture_), picture_.finest_mm());
  place_box(said_.voxels, scales_.reach_mm);
  if (coarse_ == nullptr)
    coarse_ = std::make_unique<Patch>(halved(make_part(picture_, low_, high_), factor_), 0.5, backend_);
  first_ = std::make_unique<Solution>(*coarse_, question(coarse_->picture(), factor_));
}

/// A box of too many voxels: the fields of the coarse grid between its voxels, smoothed, obeyed and cut on the fine one.
void Segmentation::Box::finish_coarsely() {
  const Picture box = make_part(picture_, low_, high_);
  Question asked = question(box, {1, 1, 1});
  std::vector<LabelField> fields = first_->take_fields();
  for (LabelField& one : fields) {
    one.field = upsampled(one.field, coarse_->picture().size, box.size, factor_);
    one.before.clear();
    if (!asked.existing.empty()) {
      one.before.resize(asked.existing.size());
      for (std::size_t i = 0; i < one.before.size(); ++i) one.before[i] = asked.existing[i] == one.label ? 1 : 0;
    }
    if (!one.kept) finish_field(one.field, box, asked.clicks, one.label, scales_, options_.smoothing, told_);
  }
  labels_ = to_labels(fields, asked.existing, asked.marked, box.size, box.spacing_mm, options_);
}

/// Step by step until there are labels or time is up; in full only where the box is not too large for that.
void Segmentation::Box::go_on(bool coarsely, const std::function<bool()>& enough) {
  while (labels_.empty()) {
    if (preview_.empty() && !coarsely) {
      first_->step();
      if (first_->done()) {
        preview_ = first_->labels();
        if (full_ == nullptr) full_ = std::make_unique<Patch>(make_part(picture_, low_, high_), 1, backend_);
        second_ = std::make_unique<Solution>(*full_, question(full_->picture(), {1, 1, 1}));
      }
    } else if (coarsely) {
      first_->fields_done() ? finish_coarsely() : first_->step();
    } else {
      second_->step();
      if (second_->done()) labels_ = second_->labels(), told_ = second_->obedience();
    }
    if (labels_.empty() && enough()) break;
  }
}

/// The labels, or the preview where there are none yet.
void Segmentation::Box::put_labels(const Voxel& size, Answer& to) const {
  const std::vector<std::uint16_t>& shown = labels_.empty() ? preview_ : labels_;
  if (shown.empty()) return;
  const Voxel factor = labels_.empty() ? factor_ : Voxel{1, 1, 1};
  const Voxel grid = labels_.empty() ? coarse_->picture().size : size;
  iso::parallel_for(size[1] * size[2], 256, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const std::int64_t y = row % size[1], z = row / size[1];
      const std::uint16_t* const from = shown.data() + grid[0] * (y / factor[1] + grid[1] * (z / factor[2]));
      std::uint16_t* const line = to.labels.data() + picture_.index({low_[0], low_[1] + y, low_[2] + z});
      if (factor[0] == 1) {
        std::copy_n(from, size[0], line);
      } else {  // two: a grid is halved or it is not
        for (std::int64_t x = 0; x < size[0]; ++x) line[x] = from[x >> 1];
      }
    }
  });
}

/// That of the label that was marked last, from the coarse grid.
void Segmentation::Box::put_uncertainty(const Voxel& size, Answer& to) const {
  const auto newest =
      std::ranges::find_if(strokes_.rbegin(), strokes_.rend(), [](const MarkStroke& s) { return s.label != 0; });
  if (newest == strokes_.rend()) return;
  const Solution::Uncertainty told = first_->uncertainty(newest->label);
  if (told.probability.empty()) return;
  to.probability.assign(to.labels.size(), 0), to.deviation.assign(to.labels.size(), 0);
  const Voxel& grid = coarse_->picture().size;
  for (std::int64_t z = 0; z < size[2]; ++z)
    for (std::int64_t y = 0; y < size[1]; ++y)
      for (std::int64_t x = 0; x < size[0]; ++x) {
        const auto from =
            static_cast<std::size_t>(x / factor_[0] + grid[0] * (y / factor_[1] + grid[1] * (z / factor_[2])));
        const auto at = static_cast<std::size_t>(picture_.index({low_[0] + x, low_[1] + y, low_[2] + z}));
        to.probability[at] = told.probability[from], to.deviation[at] = told.deviation[from];
      }
  for (const Hint& hint : told.hints) {
    Voxel voxel{};
    for (std::size_t axis = 0; axis < 3; ++axis)
      voxel[axis] = std::min(picture_.size[axis] - 1, low_[axis] + hint.at[axis] * factor_[axis]);
    to.hints.push_back({voxel, hint.score});
  }
}

void Segmentation::Box::answer(std::span<const MarkStroke> strokes, const Options& options,
                               const std::function<bool()>& enough, Answer& to) {
  if (!asked_ || options != options_ || !std::ranges::equal(strokes, strokes_)) begin(strokes, options);
  if (said_.voxels.empty()) return void(to.fraction = 1);
  Voxel size{};
  for (std::size_t axis = 0; axis < 3; ++axis) size[axis] = high_[axis] - low_[axis];
  const bool too_large = size[0] * size[1] * size[2] > most_voxels;
  go_on(too_large, enough);
  to.coarse = labels_.empty() || too_large;
  to.told = told_;
  to.fraction = !labels_.empty() ? 1 : 0.2 * first_->fraction() + (second_ ? 0.79 * second_->fraction() : 0);
  put_labels(size, to);
  for (const Click& click : said_.voxels) to.labels[static_cast<std::size_t>(picture_.index(click.at))] = click.label;
  if (options.uncertainty && !labels_.empty() && !too_large) put_uncertainty(size, to);
}

}  // namespace gp_segmentation
