#include "volume_picture.h"

#include <algorithm>

namespace iso::render {

std::span<const VolumePreset> volume_presets() {
  // value, red, green, blue, opacity; Hounsfield units where absolute
  static const std::vector<VolumePreset> presets{
      {"maximum intensity", true, {{0, 0, 0, 0, 0}, {1, 1, 1, 1, 1}}, false},
      {"soft",
       false,
       {{0, 0, 0, 0, 0}, {0.35, 0.4, 0.25, 0.2, 0.02}, {0.7, 0.9, 0.75, 0.6, 0.25}, {1, 1, 1, 0.95, 0.6}},
       false},
      {"CT bone",
       false,
       {{-1000, 0, 0, 0, 0},
        {150, 0.55, 0.25, 0.15, 0},
        {300, 0.88, 0.6, 0.3, 0.3},
        {1000, 1, 0.94, 0.87, 0.8},
        {3000, 1, 1, 1, 0.9}},
       true},
      {"CT soft tissue",
       false,
       {{-1000, 0, 0, 0, 0},
        {-120, 0.6, 0.45, 0.25, 0},
        {20, 0.75, 0.4, 0.3, 0.12},
        {80, 0.85, 0.35, 0.3, 0.25},
        {300, 1, 0.95, 0.85, 0.7}},
       true},
      {"CT lung",
       false,
       {{-1000, 0, 0, 0, 0},
        {-950, 0.2, 0.2, 0.3, 0.01},
        {-600, 0.5, 0.4, 0.5, 0.06},
        {-300, 0.8, 0.6, 0.5, 0.15},
        {100, 0.9, 0.75, 0.7, 0.02}},
       true},
      {"MR",
       false,
       {{0, 0, 0, 0, 0},
        {0.15, 0.15, 0.1, 0.1, 0},
        {0.4, 0.6, 0.45, 0.4, 0.1},
        {0.8, 0.95, 0.9, 0.85, 0.35},
        {1, 1, 1, 1, 0.6}},
       false}};
  return presets;
}

const VolumePreset& find_volume_preset(const std::string& name) {
  const auto all = volume_presets();
  const auto found = std::ranges::find(all, name, &VolumePreset::name);
  return found == all.end() ? all.front() : *found;
}

bool has_depth(const Raster& raster) noexcept { return raster.frame.size[2] > 1; }

std::vector<std::array<double, 5>> transfer_points(const VolumePicture& picture) {
  const VolumePreset& preset = find_volume_preset(picture.preset);
  double low = picture.low, high = picture.high, moved = 0;
  if (picture.raster) {
    const double range = picture.raster->high_percentile - picture.raster->low_percentile;
    moved = picture.shift * range;
    if (preset.maximum_intensity && range > 0)
      low = picture.raster->low_percentile, high = picture.raster->high_percentile;
  }
  auto points = preset.points;
  for (auto& point : points) point[0] = (preset.absolute ? point[0] : low + point[0] * (high - low)) + moved;
  return points;
}

}  // namespace iso::render
