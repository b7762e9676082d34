#pragma once

#include "display.h"
#include "raster.h"

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace iso::render {

/// How a volume is rendered: "CT bone", "CT soft tissue", "CT lung", "MR", "maximum intensity" ...
struct VolumePreset {
  std::string name;
  bool maximum_intensity{false};
  std::vector<std::array<double, 5>>
      points;  ///< value (relative to the range: 0 low, 1 high, or absolute HU), r, g, b, opacity
  bool absolute{false};
};
[[nodiscard]] std::span<const VolumePreset> volume_presets();
/// The first one if the name is unknown.
[[nodiscard]] const VolumePreset& find_volume_preset(const std::string& name);

/// The part of the volume that is drawn: fractions of its three axes.
struct CropBox {
  std::array<double, 3> from{0, 0, 0}, to{1, 1, 1};
  [[nodiscard]] bool whole() const noexcept { return *this == CropBox{}; }
  friend bool operator==(const CropBox&, const CropBox&) = default;
};

/// The content of a 3-D view as a value.
struct VolumePicture {
  std::shared_ptr<const Raster> raster;  ///< null or one of labels: no volume is drawn
  std::int64_t frame{0};
  std::string preset{"maximum intensity"};
  double low{0}, high{1};  ///< value range of relative presets
  /// Colours and opacity moved along the values, as a part of the percentile range of the raster (-1 to 1); up shows less.
  double shift{0};
  CropBox crop;
  std::shared_ptr<const Raster> labels;  ///< drawn as surfaces; may be null
  Palette palette;                       ///< colours of labels as Display has them; empty: those of the map "labels"
  std::array<double, 3> background{0, 0, 0};
  friend bool operator==(const VolumePicture&, const VolumePicture&) = default;
};

/// Whether there is a third dimension to draw.
[[nodiscard]] bool has_depth(const Raster& raster) noexcept;
/// A preset's points with their values in the raster's own numbers, shift included. Maximum intensity has a range of its own (the
/// percentiles of the raster), so that a window made for slices does not turn it white.
[[nodiscard]] std::vector<std::array<double, 5>> transfer_points(const VolumePicture& picture);

}  // namespace iso::render
