#include "labels.h"

#include "iso/base/checked.h"
#include "iso/data/label_table.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace iso::gui {
namespace {

std::uint16_t read(const Pixels& pixels, std::int64_t voxel) {
  const auto i = static_cast<std::size_t>(voxel);
  if (pixels.spec().type == ScalarType::u8) return reinterpret_cast<const std::uint8_t*>(pixels.data())[i];
  return reinterpret_cast<const std::uint16_t*>(pixels.data())[i];
}

void write(PixelBuffer& pixels, std::int64_t voxel, std::uint16_t label) {
  const auto i = static_cast<std::size_t>(voxel);
  if (pixels.spec().type == ScalarType::u8)
    reinterpret_cast<std::uint8_t*>(pixels.data())[i] = static_cast<std::uint8_t>(label);
  else
    reinterpret_cast<std::uint16_t*>(pixels.data())[i] = label;
}

/// The voxels that a plane goes through: those whose centre is no further from it than half of what a voxel measures along
/// its normal. Of two that touch it from both sides one is taken, so that a plane of the grid is one slice.
class Layer {
 public:
  Layer(const VoxelGrid& grid, const Vec3& normal, const Vec3& through_index) {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      for (std::size_t row = 0; row < 3; ++row) normal_[axis] += grid.direction[3 * row + axis] * normal[row];
      step_[axis] = normal_[axis] * grid.spacing_mm[axis];
      if (std::abs(normal_[axis]) > std::abs(normal_[major_])) major_ = axis;
    }
    if (std::abs(normal_[major_]) > 1 - in_grid) {  // one of the grid, whatever the last digits say
      normal_ = step_ = {};
      normal_[major_] = 1;
      step_[major_] = grid.spacing_mm[major_];
    }
    for (std::size_t axis = 0; axis < 3; ++axis) {
      half_mm_ += std::abs(step_[axis]) / 2;
      offset_mm_ += step_[axis] * through_index[axis];
    }
  }
  [[nodiscard]] std::size_t major() const noexcept { return major_; }
  [[nodiscard]] double half_mm() const noexcept { return half_mm_; }
  [[nodiscard]] double along(std::size_t axis) const noexcept { return normal_[axis]; }
  /// From the plane, along the normal.
  [[nodiscard]] double distance_mm(const std::array<std::int64_t, 3>& index) const noexcept {
    double place = -offset_mm_;
    for (std::size_t axis = 0; axis < 3; ++axis) place += step_[axis] * static_cast<double>(index[axis]);
    return place;
  }
  [[nodiscard]] bool has(const std::array<std::int64_t, 3>& index) const noexcept {
    const double place = distance_mm(index);
    return place > -half_mm_ * (1 - hair) && place <= half_mm_ * (1 + hair);
  }
  /// First and last index on the major axis that the layer may have, where the others are as given.
  [[nodiscard]] std::array<std::int64_t, 2> column(std::array<std::int64_t, 3> index) const noexcept {
    index[major_] = 0;
    const double middle = -distance_mm(index) / step_[major_], reach = half_mm_ / std::abs(step_[major_]);
    return {to_clamped<std::int64_t>(std::floor(middle - reach)), to_clamped<std::int64_t>(std::ceil(middle + reach))};
  }
  /// No column has more.
  [[nodiscard]] std::int64_t most_in_column() const noexcept {
    return static_cast<std::int64_t>(std::ceil(2 * half_mm_ / std::abs(step_[major_]))) + 2;
  }

 private:
  static constexpr double in_grid = 1e-9, hair = 1e-9;
  Vec3 normal_{}, step_{};  ///< in the directions of the grid: per mm, per index
  std::size_t major_{0};
  double half_mm_{0}, offset_mm_{0};
};

/// Adds a change of one voxel; voxels come in rising order.
void add(Document::LabelDelta& delta, std::int64_t voxel, std::uint16_t before, std::uint16_t after) {
  if (before == after) return;
  if (!delta.runs.empty()) {
    LabelRun& last = delta.runs.back();
    if (last.first + last.length == voxel && last.before == before && last.after == after) {
      ++last.length;
      return;
    }
  }
  delta.runs.push_back({voxel, 1, before, after});
}

std::int64_t place(const std::array<std::int64_t, 3>& index, const std::array<std::int64_t, 3>& size) {
  return (index[2] * size[1] + index[1]) * size[0] + index[0];
}

}  // namespace

LabelStroke::LabelStroke(const LabelMap& labels, std::shared_ptr<const render::Raster> base)
    : before_{labels.labels}, grid_{labels.grid}, base_{std::move(base)}, box_{std::make_shared<render::LabelPatch>()} {
  if (labels.labels.spec().type != ScalarType::u8 && labels.labels.spec().type != ScalarType::u16)
    throw Error{Errc::type_mismatch,
                "labels are u8 or u16, these are " + std::string{to_string(labels.labels.spec().type)}};
  if (base_ && base_->frame.size != grid_.size) base_.reset();
}

std::uint16_t LabelStroke::at(const Index& index) const {
  Index in{};
  bool boxed = true;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    in[axis] = index[axis] - box_->first[axis];
    boxed = boxed && in[axis] >= 0 && in[axis] < box_->size[axis];
  }
  return boxed ? box_->values[static_cast<std::size_t>(place(in, box_->size))]
               : read(before_, place(index, grid_.size));
}

std::uint16_t& LabelStroke::in_box(const Index& index) {
  const Index in{index[0] - box_->first[0], index[1] - box_->first[1], index[2] - box_->first[2]};
  return box_->values[static_cast<std::size_t>(place(in, box_->size))];
}

void LabelStroke::cover(Index low, Index high) {
  ++box_->revision;
  const bool none = box_->values.empty();
  bool enough = !none;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const std::int64_t first = box_->first[axis], end = first + box_->size[axis];
    enough = enough && low[axis] >= first && high[axis] < end;
  }
  if (enough) return;
  // Where it has to grow it grows by half as much again, so that a long stroke does not copy its box at every dab.
  for (std::size_t axis = 0; axis < 3 && !none; ++axis) {
    const std::int64_t first = box_->first[axis], end = first + box_->size[axis];
    const std::int64_t more = box_->size[axis] > 1 ? box_->size[axis] / 2 : 0;
    low[axis] = low[axis] < first ? std::max<std::int64_t>(0, std::min(low[axis], first - more)) : first;
    high[axis] = high[axis] >= end ? std::min(grid_.size[axis] - 1, std::max(high[axis], end - 1 + more)) : end - 1;
  }
  render::LabelPatch larger;
  larger.revision = box_->revision;
  larger.first = low;
  for (std::size_t axis = 0; axis < 3; ++axis) larger.size[axis] = high[axis] - low[axis] + 1;
  larger.values.resize(static_cast<std::size_t>(larger.size[0] * larger.size[1] * larger.size[2]));
  std::size_t to = 0;
  for (std::int64_t z = low[2]; z <= high[2]; ++z)
    for (std::int64_t y = low[1]; y <= high[1]; ++y)
      for (std::int64_t x = low[0]; x <= high[0]; ++x) larger.values[to++] = at({x, y, z});
  *box_ = std::move(larger);
}

bool LabelStroke::inside(const Index& index, const std::optional<Range>& range) const {
  if (!range) return true;
  if (!base_) return false;
  const auto value = value_at(*base_, {index[0], index[1], index[2], 0});
  return value && *value >= range->low && *value <= range->high;
}

void LabelStroke::dab(const Vec3& centre_mm, const Vec3& normal, double radius_mm, bool sphere, Effect effect,
                      std::uint16_t label, std::optional<Range> range) {
  const Vec3 centre = grid_.to_index(centre_mm);
  const Index middle{std::llround(centre[0]), std::llround(centre[1]), std::llround(centre[2])};
  const Layer layer{grid_, normal, centre};
  const std::size_t major = layer.major(), u = (major + 1) % 3, v = (major + 2) % 3;
  Index low{}, high{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double n = std::abs(layer.along(axis)), flat = radius_mm * std::sqrt(std::max(0.0, 1 - n * n));
    const double thick = n == 1 ? 0 : n * layer.half_mm();  // a slice is none
    const double reach = (sphere ? radius_mm : flat + thick) / grid_.spacing_mm[axis];
    const std::int64_t first = std::llround(centre[axis] - reach), last = std::llround(centre[axis] + reach);
    low[axis] = std::max(std::int64_t{0}, std::min(middle[axis], first));
    high[axis] = std::min(grid_.size[axis] - 1, std::max(middle[axis], last));
    if (low[axis] > high[axis]) return;  // beside the volume
  }
  cover(low, high);
  const auto from_centre_mm = [&](std::size_t axis, std::int64_t at) {
    return (static_cast<double>(at) - centre[axis]) * grid_.spacing_mm[axis];
  };
  const std::uint16_t target = effect == Effect::erase ? std::uint16_t{0} : label;
  Index at{};
  for (at[v] = low[v]; at[v] <= high[v]; ++at[v])
    for (at[u] = low[u]; at[u] <= high[u]; ++at[u]) {
      const auto column = sphere ? std::array{low[major], high[major]} : layer.column(at);
      const std::int64_t last = std::min(column[1], high[major]);
      for (at[major] = std::max(column[0], low[major]); at[major] <= last; ++at[major]) {
        double squares = 0;
        for (std::size_t axis = 0; axis < 3; ++axis) {
          const double d = from_centre_mm(axis, at[axis]);
          squares += d * d;
        }
        const double off = layer.distance_mm(at);
        const bool near =
            sphere ? squares <= radius_mm * radius_mm : layer.has(at) && squares - off * off <= radius_mm * radius_mm;
        if (!near && at != middle) continue;
        std::uint16_t& voxel = in_box(at);
        if (effect == Effect::erase && label != 0 && voxel != label) continue;
        if (!locked(voxel) && inside(at, range)) voxel = target;
      }
    }
}

bool LabelStroke::locked(std::uint16_t label) const noexcept {
  return !locked_.empty() && std::ranges::find(locked_, label) != locked_.end();
}

void LabelStroke::fill(const Vec3& seed_mm, const Vec3& normal, std::uint16_t label, std::optional<Range> range) {
  const Vec3 seed = grid_.to_index(seed_mm);
  Index start{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    start[axis] = std::llround(seed[axis]);
    if (start[axis] < 0 || start[axis] >= grid_.size[axis]) return;
  }
  const Layer layer{grid_, normal, seed};
  const std::uint16_t from = at(start);
  if (from == label || locked(from) || !inside(start, range)) return;
  // Found before it is written: how far it goes is not known, and a box about all of a turned plane would be the volume.
  const std::size_t major = layer.major(), u = (major + 1) % 3, v = (major + 2) % 3;
  const std::int64_t deep = layer.most_in_column();
  std::vector<bool> found(static_cast<std::size_t>(grid_.size[u] * grid_.size[v] * deep));
  const auto mark = [&](const Index& index) {  // true for the first time
    const std::int64_t of_column = index[major] - layer.column(index)[0];
    const auto seen = found.begin() + (index[v] * grid_.size[u] + index[u]) * deep + of_column;
    const bool first = !*seen;
    *seen = true;
    return first;
  };
  std::vector<Index> region{start};
  mark(start);
  Index low = start, high = start;
  for (std::size_t n = 0; n < region.size(); ++n)
    for (std::size_t axis = 0; axis < 3; ++axis)
      for (const int step : {-1, 1}) {
        Index next = region[n];
        next[axis] += step;
        if (next[axis] < 0 || next[axis] >= grid_.size[axis] || !layer.has(next) || at(next) != from ||
            !inside(next, range))
          continue;
        if (!mark(next)) continue;
        region.push_back(next);
        low[axis] = std::min(low[axis], next[axis]);
        high[axis] = std::max(high[axis], next[axis]);
      }
  cover(low, high);
  for (const Index& index : region) in_box(index) = label;
}

void LabelStroke::threshold(Range range, std::uint16_t label) {
  cover({0, 0, 0}, {grid_.size[0] - 1, grid_.size[1] - 1, grid_.size[2] - 1});
  for (std::int64_t z = 0; z < grid_.size[2]; ++z)
    for (std::int64_t y = 0; y < grid_.size[1]; ++y)
      for (std::int64_t x = 0; x < grid_.size[0]; ++x)
        if (inside({x, y, z}, range) && !locked(at({x, y, z}))) in_box({x, y, z}) = label;
}

std::shared_ptr<const Document::LabelDelta> LabelStroke::delta_on(const Pixels& now) const {
  auto delta = std::make_shared<Document::LabelDelta>();
  std::size_t from = 0;
  for (std::int64_t z = 0; z < box_->size[2]; ++z)
    for (std::int64_t y = 0; y < box_->size[1]; ++y) {
      const std::int64_t row = place({box_->first[0], box_->first[1] + y, box_->first[2] + z}, grid_.size);
      for (std::int64_t x = 0; x < box_->size[0]; ++x, ++from)
        if (box_->values[from] != read(before_, row + x)) add(*delta, row + x, read(now, row + x), box_->values[from]);
    }
  if (delta->runs.empty()) return nullptr;
  return delta;
}

std::shared_ptr<const Document::LabelDelta> delta_between(const LabelMap& before, const LabelMap& after) {
  if (before.labels.spec().shape != after.labels.spec().shape)
    throw Error{Errc::shape_mismatch, "label maps of " + before.labels.spec().shape.text() + " and " +
                                          after.labels.spec().shape.text() + " were compared"};
  auto delta = std::make_shared<Document::LabelDelta>();
  const std::int64_t count = before.labels.spec().shape.count();
  for (std::int64_t voxel = 0; voxel < count; ++voxel)
    add(*delta, voxel, read(before.labels, voxel), read(after.labels, voxel));
  if (delta->runs.empty()) return nullptr;
  return delta;
}

void own_labels(Item& item) {
  if (item.painted || !std::holds_alternative<LabelMap>(*item.data)) return;
  const auto& read = get<LabelMap>(item.data);
  item.painted = std::make_shared<PixelBuffer>(PixelBuffer::make_copy(read.labels));
  item.data = freeze(LabelMap{Pixels::adopt(item.painted->spec(), item.painted, item.painted->data()), read.grid,
                              read.names, read.meta});
  item.label_counts = label_counts(get<LabelMap>(item.data).labels);
  item.counted = item.data;
  item.raster = std::make_shared<const render::Raster>(render::make_raster(item.data, item.part));
}

void apply_in_place(PixelBuffer& labels, const Document::LabelDelta& delta, bool forwards) {
  const std::int64_t count = labels.spec().shape.count();
  for (const LabelRun& run : delta.runs)
    if (run.first < 0 || run.length < 0 || run.first > count || run.length > count - run.first)
      throw Error{Errc::invalid_input, "a change of labels reaches outside the label map"};
  for (const LabelRun& run : delta.runs)
    for (std::int64_t voxel = run.first; voxel < run.first + run.length; ++voxel)
      write(labels, voxel, forwards ? run.after : run.before);
}

LabelMap applied(const LabelMap& labels, const Document::LabelDelta& delta, bool forwards) {
  PixelBuffer pixels = PixelBuffer::make_copy(labels.labels);
  apply_in_place(pixels, delta, forwards);
  return {std::move(pixels), labels.grid, labels.names, labels.meta};
}

}  // namespace iso::gui
