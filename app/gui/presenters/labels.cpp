#include "labels.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace iso::gui {
namespace {

PixelBlock copy_of(const PixelBlock& pixels) {
  PixelBlock copy = PixelBlock::allocate(pixels.spec());
  std::memcpy(copy.mutable_data(), pixels.data(), pixels.spec().bytes());
  return copy;
}

std::uint16_t read(const PixelBlock& pixels, std::int64_t voxel) {
  const auto i = static_cast<std::size_t>(voxel);
  if (pixels.spec().type == ScalarType::u8) return reinterpret_cast<const std::uint8_t*>(pixels.data())[i];
  return reinterpret_cast<const std::uint16_t*>(pixels.data())[i];
}

void write(PixelBlock& pixels, std::int64_t voxel, std::uint16_t label) {
  const auto i = static_cast<std::size_t>(voxel);
  if (pixels.spec().type == ScalarType::u8)
    reinterpret_cast<std::uint8_t*>(pixels.mutable_data())[i] = static_cast<std::uint8_t>(label);
  else
    reinterpret_cast<std::uint16_t*>(pixels.mutable_data())[i] = label;
}

/// The axis of the grid that the normal runs along most.
std::size_t major_axis(const VoxelGrid& grid, const Vec3& normal) {
  std::array<double, 3> along{};
  for (std::size_t axis = 0; axis < 3; ++axis)
    for (std::size_t row = 0; row < 3; ++row) along[axis] += grid.direction[3 * row + axis] * normal[row];
  std::size_t major = 0;
  for (std::size_t axis = 1; axis < 3; ++axis)
    if (std::abs(along[axis]) > std::abs(along[major])) major = axis;
  return major;
}

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
  const std::size_t flat = major_axis(grid_, normal);
  Index low{}, high{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double reach = sphere || axis != flat ? radius_mm / grid_.spacing_mm[axis] : 0;
    low[axis] = std::max<std::int64_t>(0, std::llround(centre[axis] - reach));
    high[axis] = std::min<std::int64_t>(grid_.size[axis] - 1, std::llround(centre[axis] + reach));
    if (low[axis] > high[axis]) return;  // beside the volume
  }
  cover(low, high);
  const std::uint16_t target = effect == Effect::erase ? std::uint16_t{0} : label;
  for (std::int64_t z = low[2]; z <= high[2]; ++z)
    for (std::int64_t y = low[1]; y <= high[1]; ++y)
      for (std::int64_t x = low[0]; x <= high[0]; ++x) {
        const std::array<double, 3> index{static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)};
        double squares = 0;
        for (std::size_t axis = 0; axis < 3; ++axis) {
          if (!sphere && axis == flat) continue;
          const double d = (index[axis] - centre[axis]) * grid_.spacing_mm[axis];
          squares += d * d;
        }
        const bool centre_voxel =
            x == std::llround(centre[0]) && y == std::llround(centre[1]) && z == std::llround(centre[2]);
        if (squares > radius_mm * radius_mm && !centre_voxel) continue;
        std::uint16_t& voxel = in_box({x, y, z});
        if (effect == Effect::erase && label != 0 && voxel != label) continue;
        if (inside({x, y, z}, range)) voxel = target;
      }
}

void LabelStroke::fill(const Vec3& seed_mm, const Vec3& normal, std::uint16_t label) {
  const Vec3 seed = grid_.to_index(seed_mm);
  Index start{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    start[axis] = std::llround(seed[axis]);
    if (start[axis] < 0 || start[axis] >= grid_.size[axis]) return;
  }
  const std::size_t flat = major_axis(grid_, normal);
  const std::uint16_t from = at(start);
  if (from == label) return;
  Index low{}, high{grid_.size[0] - 1, grid_.size[1] - 1, grid_.size[2] - 1};
  low[flat] = high[flat] = start[flat];
  cover(low, high);
  std::vector<Index> border{start};
  in_box(start) = label;
  while (!border.empty()) {
    const Index here = border.back();
    border.pop_back();
    for (std::size_t axis = 0; axis < 3; ++axis) {
      if (axis == flat) continue;
      for (const int step : {-1, 1}) {
        Index next = here;
        next[axis] += step;
        if (next[axis] < 0 || next[axis] >= grid_.size[axis]) continue;
        std::uint16_t& voxel = in_box(next);
        if (voxel != from) continue;
        voxel = label;
        border.push_back(next);
      }
    }
  }
}

void LabelStroke::threshold(Range range, std::uint16_t label) {
  cover({0, 0, 0}, {grid_.size[0] - 1, grid_.size[1] - 1, grid_.size[2] - 1});
  for (std::int64_t z = 0; z < grid_.size[2]; ++z)
    for (std::int64_t y = 0; y < grid_.size[1]; ++y)
      for (std::int64_t x = 0; x < grid_.size[0]; ++x)
        if (inside({x, y, z}, range)) in_box({x, y, z}) = label;
}

std::shared_ptr<const Document::LabelDelta> LabelStroke::delta() const {
  auto delta = std::make_shared<Document::LabelDelta>();
  std::size_t from = 0;
  for (std::int64_t z = 0; z < box_->size[2]; ++z)
    for (std::int64_t y = 0; y < box_->size[1]; ++y) {
      const std::int64_t row = place({box_->first[0], box_->first[1] + y, box_->first[2] + z}, grid_.size);
      for (std::int64_t x = 0; x < box_->size[0]; ++x)
        add(*delta, row + x, read(before_, row + x), box_->values[from++]);
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

void apply_in_place(PixelBlock& labels, const Document::LabelDelta& delta, bool forwards) {
  const std::int64_t count = labels.spec().shape.count();
  for (const LabelRun& run : delta.runs)
    if (run.first < 0 || run.length < 0 || run.first + run.length > count)
      throw Error{Errc::invalid_input, "a change of labels reaches outside the label map"};
  for (const LabelRun& run : delta.runs)
    for (std::int64_t voxel = run.first; voxel < run.first + run.length; ++voxel)
      write(labels, voxel, forwards ? run.after : run.before);
}

LabelMap applied(const LabelMap& labels, const Document::LabelDelta& delta, bool forwards) {
  LabelMap result = labels;
  result.labels = copy_of(labels.labels);
  apply_in_place(result.labels, delta, forwards);
  return result;
}

}  // namespace iso::gui
