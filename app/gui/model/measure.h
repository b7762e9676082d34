#pragma once

#include "document.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace iso::gui {

struct RegionStatistics {
  std::int64_t voxels{0};
  double mean{0}, standard_deviation{0}, minimum{0}, maximum{0};
  double area_mm2{0};
};

/// Values along a line, linearly interpolated, half a voxel apart; places in mm from the first point.
struct Profile {
  std::vector<double> place_mm, value;
  /// Full width at half maximum of the highest peak above the mean of the line's two ends; nothing if the curve does not
  /// fall to half on both sides.
  std::optional<double> fwhm_mm;
};

[[nodiscard]] bool is_region(MeasureKind kind) noexcept;  ///< rectangle, ellipse, polygon
[[nodiscard]] double length_mm(const Measurement& line) noexcept;
[[nodiscard]] double angle_rad(const Measurement& angle) noexcept;  ///< at the second point; 0 with fewer than three
[[nodiscard]] Profile make_profile(const render::Raster& raster, const Measurement& line);
/// Voxel centres of the slice that lie inside the figure; standard deviation of the sample (n - 1). Nothing if there are none.
[[nodiscard]] std::optional<RegionStatistics> make_statistics(const render::Raster& raster, const Measurement& region);
/// The voxels (index of the grid) that `make_statistics` takes into account.
[[nodiscard]] std::vector<std::int64_t> voxels_inside(const render::Raster& raster, const Measurement& region);

/// "23.4 mm", "41.2°", "mean 52.1 ± 8.3 HU".
[[nodiscard]] std::string caption(const Document& document, const Measurement& measurement);
/// All measurements as rows of text: name, kind, item, length mm, angle deg, area mm2, mean, SD, min, max, FWHM mm, the
/// middle of its points, the unit of the values; with a series also peak, time to peak, rise, fall (TimeFigures), unit of time.
[[nodiscard]] std::vector<std::vector<std::string>> measurement_table(const Document& document);

}  // namespace iso::gui
