#include "label_edit.h"

#include "words.h"

#include "iso/base/dispatch.h"
#include "iso/geometry/distance_map.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

namespace iso::gui {
namespace {

using Size = std::array<std::int64_t, 3>;
using Mask = std::vector<std::uint8_t>;

std::int64_t count_voxels(const Size& size) { return size[0] * size[1] * size[2]; }

Mask make_mask(const LabelMap& map, std::uint16_t label) {
  Mask mask(static_cast<std::size_t>(map.labels.spec().shape.count()));
  dispatch<ScalarTypes<std::uint8_t, std::uint16_t>>(map.labels.spec().type, [&](auto zero) {
    const auto values = map.labels.values<decltype(zero)>();
    for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = values[i] == label ? 1 : 0;
  });
  return mask;
}

/// The parts of `what` whose voxels share faces: the number of each voxel's part, from 1; 0 outside. And their sizes, from 0.
std::pair<std::vector<std::int32_t>, std::vector<std::int64_t>> find_parts(const Mask& mask, const Size& size,
                                                                           std::uint8_t what) {
  std::vector<std::int32_t> part(mask.size(), 0);
  std::vector<std::int64_t> sizes{0}, open;
  const std::array<std::int64_t, 3> stride{1, size[0], size[0] * size[1]};
  for (std::int64_t seed = 0; seed < std::ssize(mask); ++seed) {
    if (mask[static_cast<std::size_t>(seed)] != what || part[static_cast<std::size_t>(seed)] != 0) continue;
    const auto number = static_cast<std::int32_t>(sizes.size());
    sizes.push_back(0);
    part[static_cast<std::size_t>(seed)] = number;
    open.assign(1, seed);
    while (!open.empty()) {
      const std::int64_t at = open.back();
      open.pop_back();
      ++sizes.back();
      for (std::size_t axis = 0; axis < 3; ++axis) {
        const std::int64_t place = at / stride[axis] % size[axis];
        for (const std::int64_t step : {-1, 1}) {
          if (place + step < 0 || place + step >= size[axis]) continue;
          const auto next = static_cast<std::size_t>(at + step * stride[axis]);
          if (mask[next] != what || part[next] != 0) continue;
          part[next] = number;
          open.push_back(static_cast<std::int64_t>(next));
        }
      }
    }
  }
  return {std::move(part), std::move(sizes)};
}

Mask keep_islands(const Mask& mask, const Size& size, bool largest, std::int64_t least) {
  const auto [part, sizes] = find_parts(mask, size, 1);
  const auto most = std::ranges::max_element(sizes) - sizes.begin();
  Mask kept(mask.size());
  for (std::size_t i = 0; i < mask.size(); ++i)
    kept[i] = part[i] != 0 && (largest ? part[i] == most : sizes[static_cast<std::size_t>(part[i])] >= least) ? 1 : 0;
  return kept;
}

/// An axis of one voxel has no border: holes of a single slice are those in it.
Mask fill_holes(const Mask& mask, const Size& size) {
  const auto [part, sizes] = find_parts(mask, size, 0);
  std::vector<bool> outside(sizes.size(), false);
  for (std::int64_t i = 0; i < std::ssize(mask); ++i) {
    const Size at{i % size[0], i / size[0] % size[1], i / size[0] / size[1]};
    for (std::size_t axis = 0; axis < 3; ++axis)
      if (size[axis] > 1 && (at[axis] == 0 || at[axis] == size[axis] - 1))
        outside[static_cast<std::size_t>(part[static_cast<std::size_t>(i)])] = true;
  }
  Mask filled = mask;
  for (std::size_t i = 0; i < mask.size(); ++i)
    if (part[i] != 0 && !outside[static_cast<std::size_t>(part[i])]) filled[i] = 1;
  return filled;
}

/// A mean over 2 half + 1 voxels along an axis; the outermost voxel goes on beyond the border.
void box_mean(std::vector<float>& values, const Size& size, std::size_t axis, std::int64_t half) {
  const std::array<std::int64_t, 3> stride{1, size[0], size[0] * size[1]};
  const std::size_t u = (axis + 1) % 3, v = (axis + 2) % 3;
  const std::int64_t n = size[axis];
  std::vector<double> sums(static_cast<std::size_t>(n + 2 * half + 1));
  for (std::int64_t row = 0; row < size[u] * size[v]; ++row) {
    float* const first = values.data() + row % size[u] * stride[u] + row / size[u] * stride[v];
    sums[0] = 0;
    for (std::int64_t i = -half; i < n + half; ++i)
      sums[static_cast<std::size_t>(i + half + 1)] =
          sums[static_cast<std::size_t>(i + half)] +
          static_cast<double>(first[std::clamp<std::int64_t>(i, 0, n - 1) * stride[axis]]);
    for (std::int64_t i = 0; i < n; ++i)
      first[i * stride[axis]] =
          static_cast<float>((sums[static_cast<std::size_t>(i + 2 * half + 1)] - sums[static_cast<std::size_t>(i)]) /
                             static_cast<double>(2 * half + 1));
  }
}

Mask smooth(const Mask& mask, const VoxelGrid& grid, double mm) {
  std::vector<float> values(mask.begin(), mask.end());
  for (int pass = 0; pass < 3; ++pass)
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const std::int64_t half = std::llround(mm / grid.spacing_mm[axis] / std::sqrt(3.0));
      if (grid.size[axis] > 1 && half > 0) box_mean(values, grid.size, axis, half);
    }
  // Cut where as many voxels are left as there were: a half would take the rim of everything that is round.
  const auto count = std::ranges::count(mask, 1);
  std::vector<float> ordered = values;
  std::ranges::nth_element(ordered, ordered.begin() + count - 1, std::greater{});
  const float cut = std::clamp(ordered[static_cast<std::size_t>(count - 1)], 0.25F, 0.75F);
  Mask result(mask.size());
  for (std::size_t i = 0; i < mask.size(); ++i) result[i] = values[i] >= cut ? 1 : 0;
  return result;
}

Mask margin(const Mask& mask, const VoxelGrid& grid, double mm) {
  Mask set = mask;
  if (mm > 0)
    for (std::uint8_t& voxel : set) voxel = voxel == 0 ? 1 : 0;
  const std::vector<float> squares = distance2_within(set, grid.size, grid.spacing_mm, Beyond::unknown);
  const auto reach = static_cast<float>(mm * mm * (1 + 1e-6));
  Mask result(mask.size());
  for (std::size_t i = 0; i < mask.size(); ++i)
    result[i] = mm > 0 ? (squares[i] <= reach ? 1 : 0) : (mask[i] != 0 && squares[i] > reach ? 1 : 0);
  return result;
}

/// Slices of a mask along an axis, as masks of their own.
class Slices {
 public:
  Slices(const VoxelGrid& grid, std::size_t axis) : size_{grid.size}, axis_{axis} {
    plane_ = size_;
    plane_[axis] = 1;
  }
  [[nodiscard]] std::size_t at(std::int64_t slice, std::int64_t i) const noexcept {
    Size place{i % plane_[0], i / plane_[0] % plane_[1], i / plane_[0] / plane_[1]};
    place[axis_] = slice;
    return static_cast<std::size_t>((place[2] * size_[1] + place[1]) * size_[0] + place[0]);
  }
  [[nodiscard]] Mask take(const Mask& mask, std::int64_t slice) const {
    Mask one(static_cast<std::size_t>(count_voxels(plane_)));
    for (std::int64_t i = 0; i < std::ssize(one); ++i) one[static_cast<std::size_t>(i)] = mask[at(slice, i)];
    return one;
  }
  [[nodiscard]] const Size& plane() const noexcept { return plane_; }
  [[nodiscard]] std::int64_t count() const noexcept { return size_[axis_]; }

 private:
  Size size_, plane_{};
  std::size_t axis_;
};

Mask interpolate(const Mask& mask, const VoxelGrid& grid, std::size_t axis) {
  const Slices slices{grid, axis};
  Mask result = mask;
  std::int64_t below = -1;
  std::vector<float> from, to;
  for (std::int64_t z = 0; z < slices.count(); ++z) {
    const Mask here = slices.take(mask, z);
    if (std::ranges::find(here, 1) == here.end()) continue;
    to = signed_distance(here, slices.plane(), grid.spacing_mm);
    for (std::int64_t k = below + 1; below >= 0 && k < z; ++k) {
      const float part = static_cast<float>(k - below) / static_cast<float>(z - below);
      for (std::int64_t i = 0; i < count_voxels(slices.plane()); ++i) {
        const auto at = static_cast<std::size_t>(i);
        if (from[at] + part * (to[at] - from[at]) > 0) result[slices.at(k, i)] = 1;
      }
    }
    below = z;
    from = std::move(to);
  }
  return result;
}

Mask threshold(const Mask& mask, const LabelMap& map, const LabelEditOptions& options) {
  if (!options.image || options.image->labels)
    throw Error{Errc::invalid_input, "a threshold needs an image under the labels", "show the image"};
  if (options.image->frame.size != map.grid.size)
    throw Error{Errc::shape_mismatch, "the labels do not lie on the grid of the image", "paint on this image"};
  Mask result = mask;
  const std::int64_t voxels = std::ssize(mask);
  dispatch<RealTypes>(options.image->pixels.spec().type, [&](auto zero) {
    const auto* const values =
        reinterpret_cast<const decltype(zero)*>(options.image->pixels.data()) + options.frame * voxels;
    for (std::int64_t i = 0; i < voxels; ++i) {
      const auto value = static_cast<double>(values[i]);
      if (value >= options.low && value <= options.high) result[static_cast<std::size_t>(i)] = 1;
    }
  });
  return result;
}

Mask copy_slice(const Mask& mask, const VoxelGrid& grid, const LabelEditOptions& options) {
  const Slices slices{grid, options.axis};
  for (const std::int64_t slice : {options.from, options.to})
    if (slice < 0 || slice >= slices.count())
      throw Error{Errc::invalid_input,
                  "there is no slice " + std::to_string(slice + 1) + " of " + std::to_string(slices.count())};
  Mask result = mask;
  for (std::int64_t i = 0; i < count_voxels(slices.plane()); ++i)
    if (mask[slices.at(options.from, i)] != 0) result[slices.at(options.to, i)] = 1;
  return result;
}

Mask edited(const Mask& mask, const LabelMap& map, LabelEdit edit, const LabelEditOptions& options) {
  switch (edit) {
    case LabelEdit::keep_largest: return keep_islands(mask, map.grid.size, true, 0);
    case LabelEdit::drop_islands: return keep_islands(mask, map.grid.size, false, options.voxels);
    case LabelEdit::fill_holes: return fill_holes(mask, map.grid.size);
    case LabelEdit::smooth: return smooth(mask, map.grid, options.mm);
    case LabelEdit::margin: return options.mm == 0 ? mask : margin(mask, map.grid, options.mm);
    case LabelEdit::interpolate: return interpolate(mask, map.grid, options.axis);
    case LabelEdit::threshold: return threshold(mask, map, options);
    case LabelEdit::copy_slice: return copy_slice(mask, map.grid, options);
  }
  return mask;
}

std::string quoted_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string{"\"\""} : std::string{c};
  return quoted + "\"";
}

/// What is summed of a label.
struct Sums {
  std::int64_t voxels{0}, valued{0};
  Vec3 index{};
  double mean{0}, squares{0}, minimum{0}, maximum{0};
  void add(double value) noexcept {  // Welford's way, so that large means lose no digits
    minimum = valued == 0 ? value : std::min(minimum, value);
    maximum = valued == 0 ? value : std::max(maximum, value);
    ++valued;
    const double off = value - mean;
    mean += off / static_cast<double>(valued);
    squares += off * (value - mean);
  }
};

}  // namespace

std::shared_ptr<const Document::LabelDelta> edit_labels(const LabelMap& map, LabelEdit edit,
                                                        const LabelEditOptions& options) {
  const Mask before = make_mask(map, options.label);
  if (edit != LabelEdit::threshold && std::ranges::find(before, 1) == before.end())
    throw Error{Errc::invalid_input, "label " + std::to_string(options.label) + " has no voxel in this map",
                "choose another label in the table, or paint first"};
  if (options.label > 255 && map.labels.spec().type == ScalarType::u8)
    throw Error{Errc::invalid_input, "this map holds labels up to 255", "choose a lower label"};
  const Mask after = edited(before, map, edit, options);
  PixelBuffer pixels = PixelBuffer::make_copy(map.labels);
  dispatch<ScalarTypes<std::uint8_t, std::uint16_t>>(map.labels.spec().type, [&](auto zero) {
    auto values = pixels.values<decltype(zero)>();
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (before[i] != 0 && after[i] == 0) values[i] = 0;
      if (before[i] == 0 && after[i] != 0 && values[i] == 0) values[i] = static_cast<decltype(zero)>(options.label);
    }
  });
  return delta_between(map, LabelMap{std::move(pixels), map.grid, map.names, map.meta});
}

std::vector<LabelStatistics> make_label_statistics(const LabelMap& map, const render::Raster* image,
                                                   std::int64_t frame) {
  std::map<std::uint16_t, Sums> sums;
  const auto& size = map.grid.size;
  const bool same = image != nullptr && image->frame == map.grid;
  dispatch<ScalarTypes<std::uint8_t, std::uint16_t>>(map.labels.spec().type, [&](auto zero) {
    const auto values = map.labels.values<decltype(zero)>();
    std::size_t at = 0;
    for (std::int64_t z = 0; z < size[2]; ++z)
      for (std::int64_t y = 0; y < size[1]; ++y)
        for (std::int64_t x = 0; x < size[0]; ++x, ++at) {
          if (values[at] == 0) continue;
          Sums& sum = sums[values[at]];
          const Vec3 index{static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)};
          ++sum.voxels;
          sum.index = add(sum.index, index);
          if (image == nullptr) continue;
          const Vec3 there = same ? index : image->frame.to_index(map.grid.to_world(index));
          const auto value =
              value_at(*image, {std::llround(there[0]), std::llround(there[1]), std::llround(there[2]), frame});
          if (value && std::isfinite(*value)) sum.add(*value);
        }
  });
  std::vector<LabelStatistics> rows;
  const double voxel_ml = map.grid.spacing_mm[0] * map.grid.spacing_mm[1] * map.grid.spacing_mm[2] / 1000;
  for (const auto& [label, sum] : sums) {
    LabelStatistics row{label, sum.voxels,  sum.valued, static_cast<double>(sum.voxels) * voxel_ml, {}, sum.mean,
                        0,     sum.minimum, sum.maximum};
    row.centre_mm = map.grid.to_world(scale(1 / static_cast<double>(sum.voxels), sum.index));
    if (sum.valued > 1) row.standard_deviation = std::sqrt(sum.squares / static_cast<double>(sum.valued - 1));
    rows.push_back(row);
  }
  return rows;
}

std::string label_statistics_csv(const std::vector<LabelStatistics>& rows, const LabelStyles& styles,
                                 const std::string& unit) {
  const std::string in = unit.empty() ? "" : " " + unit;
  std::string text = "label,name,colour,voxels,volume ml,centre L mm,centre P mm,centre S mm," +
                     quoted_field("mean" + in) + "," + quoted_field("standard deviation" + in) + "," +
                     quoted_field("minimum" + in) + "," + quoted_field("maximum" + in) + "\r\n";
  for (const LabelStatistics& row : rows) {
    text += std::to_string(row.label) + "," + quoted_field(to_label_name(styles, row.label)) + "," +
            to_text(to_label_colour(styles, row.label)) + "," + std::to_string(row.voxels) + "," +
            format_value(row.volume_ml);
    for (const double mm : row.centre_mm) text += "," + format_value(mm);
    for (const double value : {row.mean, row.standard_deviation, row.minimum, row.maximum})
      text += "," + (row.valued > 0 ? format_value(value) : std::string{});
    text += "\r\n";
  }
  return text;
}

}  // namespace iso::gui
