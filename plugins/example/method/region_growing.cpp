#include "method/region_growing.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace example {
namespace {

constexpr double noise_levels = 3, least_part_of_range = 0.05;
constexpr std::size_t most_seeds = 2000;  ///< looked at a restart; of long strokes every n-th voxel says enough

}  // namespace

RegionGrowing::RegionGrowing(Image image, double tolerance, std::vector<SeedStroke> strokes)
    : image_{std::move(image)}, tolerance_{tolerance}, strokes_{std::move(strokes)} {
  restart();
}

void RegionGrowing::mark(double tolerance, std::vector<SeedStroke> strokes) {
  if (tolerance == tolerance_ && strokes == strokes_) return;
  tolerance_ = tolerance;
  strokes_ = std::move(strokes);
  restart();
}

void RegionGrowing::restart() {
  const auto values = image_.values();
  labels_.assign(values.size(), 0);
  taken_.assign(values.size(), false);
  front_.clear();
  next_ = 0;
  intervals_.clear();
  if (!(tolerance_ > 0) && !least_) least_ = least_part_of_range * value_range(image_);
  for (const SeedStroke& stroke : strokes_) {
    for (const auto& voxel : stroke.voxels) {
      if (!image_.contains(voxel)) continue;
      const auto at = static_cast<std::size_t>(image_.index(voxel));
      if (!taken_[at]) front_.push_back(static_cast<std::int64_t>(at));
      taken_[at] = true;
      labels_[at] = stroke.label;
    }
  }
  const std::size_t stride = tolerance_ > 0 ? 1 : 1 + front_.size() / most_seeds;
  for (std::size_t i = 0; i < front_.size(); i += stride) {
    if (std::isnan(values[static_cast<std::size_t>(front_[i])])) continue;
    const Interval own = interval_about(front_[i]);
    auto& [low, high] = intervals_.try_emplace(labels_[static_cast<std::size_t>(front_[i])], own).first->second;
    low = std::min(low, own.low);
    high = std::max(high, own.high);
  }
}

RegionGrowing::Interval RegionGrowing::interval_about(std::int64_t seed) const {
  double middle = image_.values()[static_cast<std::size_t>(seed)], tolerance = tolerance_;
  if (!(tolerance_ > 0)) {
    const std::int64_t row = seed / image_.size[0];
    const Surroundings around =
        make_surroundings(image_, {seed % image_.size[0], row % image_.size[1], row / image_.size[1]});
    middle = around.middle;
    tolerance = std::max(noise_levels * around.noise, *least_);
  }
  return {static_cast<float>(middle - tolerance), static_cast<float>(middle + tolerance)};
}

bool RegionGrowing::grow(const std::function<bool()>& enough) {
  constexpr std::size_t pace = 4096;
  const auto values = image_.values();
  const std::array<std::int64_t, 3> stride{1, image_.size[0], image_.size[0] * image_.size[1]};
  while (next_ < front_.size()) {
    // Asked after a voxel that gets done below, so that every call makes progress.
    const bool last = next_ % pace == pace - 1 && enough();
    const std::int64_t here = front_[next_++];
    const std::uint16_t label = labels_[static_cast<std::size_t>(here)];
    const auto found = intervals_.find(label);
    // Nothing is inside where every voxel of its strokes is NaN.
    const Interval interval = found == intervals_.end() ? Interval{1, 0} : found->second;
    const std::array<std::int64_t, 3> at{here % image_.size[0], here / stride[1] % image_.size[1], here / stride[2]};
    for (std::size_t axis = 0; axis < 3; ++axis) {
      for (const std::int64_t side : {-1, 1}) {
        if (at[axis] + side < 0 || at[axis] + side >= image_.size[axis]) continue;
        const auto there = static_cast<std::size_t>(here + side * stride[axis]);
        if (taken_[there] || !(values[there] >= interval.low && values[there] <= interval.high)) continue;
        taken_[there] = true;
        labels_[there] = label;
        front_.push_back(static_cast<std::int64_t>(there));
      }
    }
    if (last) return next_ == front_.size();
  }
  return true;
}

double RegionGrowing::fraction_grown() const noexcept {
  if (next_ >= front_.size()) return 1;
  return static_cast<double>(next_) / static_cast<double>(std::max<std::size_t>(labels_.size(), 1));
}

iso::LabelMap RegionGrowing::label_map(const iso::Volume& volume) const {
  iso::PixelBuffer labels = iso::PixelBuffer::allocate({volume.pixels.spec().shape, iso::ScalarType::u16});
  std::ranges::copy(labels_, labels.values<std::uint16_t>().begin());
  return {std::move(labels), volume.grid, {}, {}};
}

std::vector<SeedStroke> make_strokes(const iso::LabelMap& marks, const Image& image) {
  const iso::ArraySpec& spec = marks.labels.spec();
  if (marks.labels.empty() || iso::Shape{spec.shape[0], spec.shape[1], spec.shape[2]} !=
                                  iso::Shape{image.size[0], image.size[1], image.size[2]})
    throw iso::Error{iso::Errc::shape_mismatch, "the marks have shape " + spec.shape.text() + ", the image has " +
                                                    iso::Shape{image.size[0], image.size[1], image.size[2]}.text()};
  const bool wide = spec.type == iso::ScalarType::u16;
  std::map<std::uint16_t, SeedStroke> strokes;
  for (std::int64_t i = 0; i < spec.shape.count(); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const std::uint16_t label =
        wide ? marks.labels.values<std::uint16_t>()[at] : marks.labels.values<std::uint8_t>()[at];
    if (label == 0) continue;
    const std::int64_t row = i / image.size[0];
    strokes[label].label = label;
    strokes[label].voxels.push_back({static_cast<std::int32_t>(i % image.size[0]),
                                     static_cast<std::int32_t>(row % image.size[1]),
                                     static_cast<std::int32_t>(row / image.size[1])});
  }
  std::vector<SeedStroke> list;
  list.reserve(strokes.size());
  for (auto& [label, stroke] : strokes) list.push_back(std::move(stroke));
  return list;
}

SeedStroke make_stroke(std::span<const double> seeds, const Image& image) {
  SeedStroke stroke{{}, 1};
  for (std::size_t i = 0; i + 2 < seeds.size(); i += 3) {
    const std::array<std::int32_t, 3> voxel{static_cast<std::int32_t>(seeds[i]),
                                            static_cast<std::int32_t>(seeds[i + 1]),
                                            static_cast<std::int32_t>(seeds[i + 2])};
    if (!image.contains(voxel))
      throw iso::Error{iso::Errc::invalid_input,
                       "seed " + std::to_string(i / 3 + 1) + " lies outside of the image of " +
                           iso::Shape{image.size[0], image.size[1], image.size[2]}.text() + " voxels",
                       "seeds are voxel indices counted from 0"};
    stroke.voxels.push_back(voxel);
  }
  return stroke;
}

}  // namespace example
