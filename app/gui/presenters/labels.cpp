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

std::shared_ptr<const Document::LabelDelta> delta_of(const PixelBlock& from, const PixelBlock& to) {
  auto delta = std::make_shared<Document::LabelDelta>();
  const std::int64_t count = to.spec().shape.count();
  for (std::int64_t voxel = 0; voxel < count; ++voxel) {
    const std::uint16_t before = read(from, voxel), after = read(to, voxel);
    if (before == after) continue;
    if (!delta->runs.empty()) {
      LabelRun& last = delta->runs.back();
      if (last.first + last.length == voxel && last.before == before && last.after == after) {
        ++last.length;
        continue;
      }
    }
    delta->runs.push_back({voxel, 1, before, after});
  }
  if (delta->runs.empty()) return nullptr;
  return delta;
}

}  // namespace

LabelStroke::LabelStroke(const LabelMap& labels, std::shared_ptr<const render::Raster> base)
    : pixels_{copy_of(labels.labels)}, before_{labels.labels}, grid_{labels.grid}, base_{std::move(base)} {
  if (labels.labels.spec().type != ScalarType::u8 && labels.labels.spec().type != ScalarType::u16)
    throw Error{Errc::type_mismatch,
                "labels are u8 or u16, these are " + std::string{to_string(labels.labels.spec().type)}};
  if (base_ && base_->frame.size != grid_.size) base_.reset();
}

void LabelStroke::set(std::int64_t voxel, std::uint16_t label) { write(pixels_, voxel, label); }
std::uint16_t LabelStroke::at(std::int64_t voxel) const { return read(pixels_, voxel); }

bool LabelStroke::inside(std::int64_t voxel, const std::optional<Range>& range) const {
  if (!range) return true;
  if (!base_) return false;
  const auto [nx, ny, nz] = grid_.size;
  const auto value = value_at(*base_, {voxel % nx, voxel / nx % ny, voxel / (nx * ny), 0});
  return value && *value >= range->low && *value <= range->high;
}

void LabelStroke::dab(const Vec3& centre_mm, const Vec3& normal, double radius_mm, bool sphere, Effect effect,
                      std::uint16_t label, std::optional<Range> range) {
  const Vec3 centre = grid_.to_index(centre_mm);
  const std::size_t flat = major_axis(grid_, normal);
  std::array<std::int64_t, 3> low{}, high{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double reach = sphere || axis != flat ? radius_mm / grid_.spacing_mm[axis] : 0;
    low[axis] = std::max<std::int64_t>(0, std::llround(centre[axis] - reach));
    high[axis] = std::min<std::int64_t>(grid_.size[axis] - 1, std::llround(centre[axis] + reach));
  }
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
        const std::int64_t voxel = (z * grid_.size[1] + y) * grid_.size[0] + x;
        const bool centre_voxel =
            x == std::llround(centre[0]) && y == std::llround(centre[1]) && z == std::llround(centre[2]);
        if (squares > radius_mm * radius_mm && !centre_voxel) continue;
        if (effect == Effect::erase && label != 0 && at(voxel) != label) continue;
        if (inside(voxel, range)) set(voxel, target);
      }
}

void LabelStroke::fill(const Vec3& seed_mm, const Vec3& normal, std::uint16_t label) {
  const Vec3 seed = grid_.to_index(seed_mm);
  std::array<std::int64_t, 3> start{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    start[axis] = std::llround(seed[axis]);
    if (start[axis] < 0 || start[axis] >= grid_.size[axis]) return;
  }
  const std::size_t flat = major_axis(grid_, normal);
  const std::array<std::int64_t, 3> stride{1, grid_.size[0], grid_.size[0] * grid_.size[1]};
  const std::int64_t first = start[0] + start[1] * stride[1] + start[2] * stride[2];
  const std::uint16_t from = at(first);
  if (from == label) return;
  std::vector<std::array<std::int64_t, 3>> todo{start};
  set(first, label);
  while (!todo.empty()) {
    const auto here = todo.back();
    todo.pop_back();
    for (std::size_t axis = 0; axis < 3; ++axis) {
      if (axis == flat) continue;
      for (const int step : {-1, 1}) {
        auto next = here;
        next[axis] += step;
        if (next[axis] < 0 || next[axis] >= grid_.size[axis]) continue;
        const std::int64_t voxel = next[0] + next[1] * stride[1] + next[2] * stride[2];
        if (at(voxel) != from) continue;
        set(voxel, label);
        todo.push_back(next);
      }
    }
  }
}

void LabelStroke::threshold(Range range, std::uint16_t label) {
  const std::int64_t count = grid_.size[0] * grid_.size[1] * grid_.size[2];
  for (std::int64_t voxel = 0; voxel < count; ++voxel)
    if (inside(voxel, range)) set(voxel, label);
}

std::shared_ptr<const Document::LabelDelta> LabelStroke::delta() const { return delta_of(before_, pixels_); }

std::shared_ptr<const Document::LabelDelta> delta_between(const LabelMap& before, const LabelMap& after) {
  if (before.labels.spec().shape != after.labels.spec().shape)
    throw Error{Errc::shape_mismatch, "label maps of " + before.labels.spec().shape.text() + " and " +
                                          after.labels.spec().shape.text() + " were compared"};
  return delta_of(before.labels, after.labels);
}

LabelMap applied(const LabelMap& labels, const Document::LabelDelta& delta, bool forwards) {
  LabelMap result = labels;
  result.labels = copy_of(labels.labels);
  const std::int64_t count = labels.labels.spec().shape.count();
  for (const LabelRun& run : delta.runs) {
    if (run.first < 0 || run.first + run.length > count)
      throw Error{Errc::invalid_input, "a change of labels reaches outside the label map"};
    for (std::int64_t voxel = run.first; voxel < run.first + run.length; ++voxel)
      write(result.labels, voxel, forwards ? run.after : run.before);
  }
  return result;
}

}  // namespace iso::gui
