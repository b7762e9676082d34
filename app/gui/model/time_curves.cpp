#include "time_curves.h"

#include "measure.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace iso::gui {
namespace {

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

bool is_series(const Item& item) { return item.raster && item.raster->frames > 1 && !item.raster->colour; }

TimeCurve make_empty_curve(const Item& item) {
  TimeCurve curve;
  curve.value_unit = item.raster->unit;
  const auto count = static_cast<std::size_t>(item.raster->frames);
  if (const auto* const volume = std::get_if<Volume>(item.data.get()); volume != nullptr && !volume->frames.empty()) {
    curve.at = volume->frames.sampled(count);
    curve.time_unit = volume->frames.unit;
  }
  const bool rises = curve.at.size() == count && std::ranges::adjacent_find(curve.at, [](double a, double b) {
                                                   return !(b > a);
                                                 }) == curve.at.end();
  if (rises && !curve.time_unit.empty()) return curve;
  curve.time_unit = "frame";
  curve.at.resize(count);
  for (std::size_t i = 0; i < count; ++i) curve.at[i] = static_cast<double>(i + 1);
  return curve;
}

/// Slope of the line of least squares through the points from `first` on.
std::optional<double> slope_from(const TimeCurve& curve, std::size_t first) {
  double n = 0, x = 0, y = 0, xx = 0, xy = 0;
  for (std::size_t i = first; i < curve.at.size(); ++i) {
    if (!std::isfinite(curve.mean[i])) continue;
    const double t = curve.at[i] - curve.at[first];
    n += 1, x += t, y += curve.mean[i], xx += t * t, xy += t * curve.mean[i];
  }
  const double spread = n * xx - x * x;
  if (n < 2 || !(spread > 0)) return {};
  return (n * xy - x * y) / spread;
}

TimeFigures read_off(const TimeCurve& curve) {
  TimeFigures figures;
  std::size_t peak = curve.mean.size();
  for (std::size_t i = 0; i < curve.mean.size(); ++i)
    if (std::isfinite(curve.mean[i]) && (peak == curve.mean.size() || curve.mean[i] > curve.mean[peak])) peak = i;
  if (peak == curve.mean.size()) return {nothing, nothing, {}, {}};
  figures.peak = curve.mean[peak];
  figures.time_to_peak = curve.at[peak] - curve.at.front();
  for (std::size_t i = 1; i <= peak; ++i) {
    const double rise = (curve.mean[i] - curve.mean[i - 1]) / (curve.at[i] - curve.at[i - 1]);
    if (std::isfinite(rise) && (!figures.rise || rise > *figures.rise)) figures.rise = rise;
  }
  figures.fall = slope_from(curve, peak);
  return figures;
}

/// The voxels of a region, or the one of a point; empty outside of the grid.
std::vector<std::int64_t> find_voxels(const render::Raster& raster, const Measurement& m) {
  if (m.kind != MeasureKind::point) return voxels_inside(raster, m);
  const Vec3 at = raster.frame.to_index(m.points_mm.at(0));
  const auto& size = raster.frame.size;
  std::array<std::int64_t, 3> index{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    index[axis] = std::llround(at[axis]);
    if (index[axis] < 0 || index[axis] >= size[axis]) return {};
  }
  return {(index[2] * size[1] + index[1]) * size[0] + index[0]};
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

}  // namespace

std::optional<TimeCurve> make_time_curve(const Item& item, const Measurement& measurement) {
  if (!is_series(item) || !(is_region(measurement.kind) || measurement.kind == MeasureKind::point)) return {};
  const render::Raster& raster = *item.raster;
  const auto voxels = find_voxels(raster, measurement);
  if (voxels.empty()) return {};
  TimeCurve curve = make_empty_curve(item);
  curve.name = measurement.name;
  const auto [nx, ny, nz] = raster.frame.size;
  for (std::int64_t frame = 0; frame < raster.frames; ++frame) {
    double count = 0, mean = 0, squares = 0;  // by Welford's recurrence
    for (const std::int64_t voxel : voxels) {
      const auto value = value_at(raster, {voxel % nx, voxel / nx % ny, voxel / (nx * ny), frame});
      if (!value || !std::isfinite(*value)) continue;
      const double off = *value - mean;
      mean += off / ++count;
      squares += off * (*value - mean);
    }
    curve.mean.push_back(count > 0 ? mean : nothing);
    curve.deviation.push_back(count > 1 ? std::sqrt(squares / (count - 1)) : 0);
  }
  curve.figures = read_off(curve);
  return curve;
}

std::optional<TimeCurve> make_frame_curve(const Item& item, std::size_t most_samples) {
  if (!is_series(item)) return {};
  const render::Raster& raster = *item.raster;
  const auto [nx, ny, nz] = raster.frame.size;
  const std::int64_t voxels = nx * ny * nz;
  const auto step = std::max<std::int64_t>(
      1, voxels * raster.frames / static_cast<std::int64_t>(std::max<std::size_t>(1, most_samples)));
  TimeCurve curve = make_empty_curve(item);
  curve.name = item.name;
  for (std::int64_t frame = 0; frame < raster.frames; ++frame) {
    double count = 0, squares = 0;
    for (std::int64_t voxel = 0; voxel < voxels; voxel += step) {
      const auto value = value_at(raster, {voxel % nx, voxel / nx % ny, voxel / (nx * ny), frame});
      if (!value || !std::isfinite(*value)) continue;
      count += 1;
      squares += *value * *value;
    }
    curve.mean.push_back(count > 0 ? std::sqrt(squares / count) : nothing);
  }
  curve.figures = read_off(curve);
  return curve;
}

std::vector<TimeCurve> make_table_curves(const Item& item) {
  const auto* const table = std::get_if<Table>(item.data.get());
  if (table == nullptr || table->rows() < 2) return {};
  const auto found = std::ranges::find(table->columns, "frame");
  if (found == table->columns.end()) return {};
  const auto frame = static_cast<std::size_t>(found - table->columns.begin());
  std::vector<TimeCurve> curves;
  for (std::size_t column = 0; column < table->columns.size(); ++column) {
    if (column == frame) continue;
    TimeCurve curve;
    curve.name = table->columns[column];
    curve.time_unit = "frame";
    for (const std::vector<double>& row : table->values) {
      curve.at.push_back(row[frame] + 1);
      curve.mean.push_back(row[column]);
    }
    curve.figures = read_off(curve);
    curves.push_back(std::move(curve));
  }
  return curves;
}

std::vector<std::size_t> frames_that_stand_out(const std::vector<double>& values) {
  constexpr double deviations = 4 * 1.4826;
  std::vector<double> sound;
  for (const double value : values)
    if (std::isfinite(value)) sound.push_back(value);
  if (sound.size() < 3) return {};
  const double middle = median(sound);
  for (double& value : sound) value = std::abs(value - middle);
  const double spread = median(sound);
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < values.size() && spread > 0; ++i)
    if (!(std::abs(values[i] - middle) <= deviations * spread)) found.push_back(i);
  return found;
}

}  // namespace iso::gui
