#include "measure.h"

#include "time_curves.h"
#include "words.h"

#include "iso/geometry/vec3.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>

namespace iso::gui {
namespace {

std::optional<double> interpolated(const render::Raster& raster, const Vec3& world, std::int64_t frame) {
  const Vec3 at = raster.frame.to_index(world);
  double sum = 0, weights = 0;
  for (int corner = 0; corner < 8; ++corner) {
    double weight = 1;
    std::array<std::int64_t, 4> index{0, 0, 0, frame};
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const double low = std::floor(at[axis]);
      const int side = (corner >> axis) & 1;
      weight *= side ? at[axis] - low : 1 - (at[axis] - low);
      index[axis] = static_cast<std::int64_t>(low) + side;
    }
    if (weight <= 0) continue;
    if (const auto value = value_at(raster, index)) sum += weight * *value, weights += weight;
  }
  if (weights <= 0.5) return {};
  return sum / weights;
}

/// Place of the point in the figure's plane, in mm.
std::array<double, 2> flat(const Measurement& m, const Vec3& p) noexcept {
  const Vec3 from = subtract(p, m.plane.centre_mm);
  return {dot(from, m.plane.right), dot(from, m.plane.up)};
}

bool contains(const Measurement& m, const std::vector<std::array<double, 2>>& corners, const std::array<double, 2>& p) {
  const auto [x0, x1] = std::minmax(corners[0][0], corners[1][0]);
  const auto [y0, y1] = std::minmax(corners[0][1], corners[1][1]);
  if (m.kind == MeasureKind::rectangle) return p[0] >= x0 && p[0] <= x1 && p[1] >= y0 && p[1] <= y1;
  if (m.kind == MeasureKind::ellipse) {
    const double a = (x1 - x0) / 2, b = (y1 - y0) / 2;
    if (!(a > 0 && b > 0)) return false;
    const double dx = (p[0] - (x0 + x1) / 2) / a, dy = (p[1] - (y0 + y1) / 2) / b;
    return dx * dx + dy * dy <= 1;
  }
  bool in = false;  // even-odd rule
  for (std::size_t i = 0, j = corners.size() - 1; i < corners.size(); j = i++)
    if ((corners[i][1] > p[1]) != (corners[j][1] > p[1]) &&
        p[0] <
            (corners[j][0] - corners[i][0]) * (p[1] - corners[i][1]) / (corners[j][1] - corners[i][1]) + corners[i][0])
      in = !in;
  return in;
}

/// The place between two samples where the curve passes the level.
double crossing(const Profile& curve, std::size_t a, std::size_t b, double level) {
  const double part = (level - curve.value[a]) / (curve.value[b] - curve.value[a]);
  return curve.place_mm[a] + part * (curve.place_mm[b] - curve.place_mm[a]);
}

std::optional<double> full_width(const Profile& curve) {
  if (curve.value.size() < 3) return {};
  const auto peak = static_cast<std::size_t>(std::ranges::max_element(curve.value) - curve.value.begin());
  const double base = (curve.value.front() + curve.value.back()) / 2;
  const double half = (curve.value[peak] + base) / 2;
  if (!(curve.value[peak] > half)) return {};
  std::size_t left = peak, right = peak;
  while (left > 0 && curve.value[left] > half) --left;
  while (right + 1 < curve.value.size() && curve.value[right] > half) ++right;
  if (curve.value[left] > half || curve.value[right] > half) return {};
  return crossing(curve, right - 1, right, half) - crossing(curve, left, left + 1, half);
}

std::string form(const char* text, double a, double b = 0) {
  std::array<char, 64> words{};
  std::snprintf(words.data(), words.size(), text, a, b);
  return words.data();
}

/// What is read off the curves over time, where one of the measurements lies on a series.
void add_time_figures(const Document& document, std::vector<std::vector<std::string>>& rows) {
  std::vector<std::optional<TimeCurve>> curves;
  for (const Measurement& m : document.measurements()) {
    const Item* const item = document.find(m.item);
    curves.push_back(item == nullptr ? std::nullopt : make_time_curve(*item, m));
  }
  if (std::ranges::none_of(curves, [](const auto& curve) { return curve.has_value(); })) return;
  for (const char* const name : {"peak", "time to peak", "steepest rise", "slope after the peak", "unit of time"})
    rows[0].emplace_back(name);
  for (std::size_t i = 0; i < curves.size(); ++i) {
    std::vector<std::string>& row = rows[i + 1];
    row.resize(rows[0].size());
    if (!curves[i]) continue;
    const TimeFigures& figures = curves[i]->figures;
    auto cell = row.end() - 5;
    *cell++ = format_value(figures.peak);
    *cell++ = format_value(figures.time_to_peak);
    *cell++ = figures.rise ? format_value(*figures.rise) : "";
    *cell++ = figures.fall ? format_value(*figures.fall) : "";
    *cell++ = curves[i]->time_unit;
  }
}

}  // namespace

bool is_region(MeasureKind kind) noexcept {
  return kind == MeasureKind::rectangle || kind == MeasureKind::ellipse || kind == MeasureKind::polygon;
}

double length_mm(const Measurement& line) noexcept {
  return line.points_mm.size() < 2 ? 0 : norm(subtract(line.points_mm[1], line.points_mm[0]));
}

double angle_rad(const Measurement& angle) noexcept {
  if (angle.points_mm.size() < 3) return 0;
  const Vec3 a = subtract(angle.points_mm[0], angle.points_mm[1]), b = subtract(angle.points_mm[2], angle.points_mm[1]);
  const double lengths = norm(a) * norm(b);
  return lengths > 0 ? std::acos(std::clamp(dot(a, b) / lengths, -1.0, 1.0)) : 0;
}

Profile make_profile(const render::Raster& raster, const Measurement& line) {
  Profile curve;
  const double length = length_mm(line);
  if (!(length > 0)) return curve;
  const double step = *std::ranges::min_element(raster.frame.spacing_mm) / 2;
  const auto steps = std::clamp<std::int64_t>(static_cast<std::int64_t>(std::ceil(length / step)), 1, 100000);
  const Vec3 along = subtract(line.points_mm[1], line.points_mm[0]);
  for (std::int64_t i = 0; i <= steps; ++i) {
    const double t = static_cast<double>(i) / static_cast<double>(steps);
    Vec3 p = line.points_mm[0];
    for (std::size_t axis = 0; axis < 3; ++axis) p[axis] += t * along[axis];
    const auto value = interpolated(raster, p, line.frame);
    if (!value) continue;
    curve.place_mm.push_back(t * length);
    curve.value.push_back(*value);
  }
  curve.fwhm_mm = full_width(curve);
  return curve;
}

std::vector<std::int64_t> voxels_inside(const render::Raster& raster, const Measurement& region) {
  std::vector<std::int64_t> inside;
  if (!is_region(region.kind) || region.points_mm.size() < 2) return inside;
  std::vector<std::array<double, 2>> corners;
  corners.reserve(region.points_mm.size());
  for (const Vec3& p : region.points_mm) corners.push_back(flat(region, p));
  const auto& frame = raster.frame;
  // The box of indices around the figure, one voxel wider; then voxel centres within half a slice of the plane.
  Vec3 low{1e300, 1e300, 1e300}, high{-1e300, -1e300, -1e300};
  std::vector<Vec3> around = region.points_mm;
  const auto [p0, p1] = std::pair{corners[0], corners[1]};
  for (const auto& [x, y] : {std::array{p0[0], p1[1]}, std::array{p1[0], p0[1]}}) {
    Vec3 corner = region.plane.centre_mm;
    for (std::size_t i = 0; i < 3; ++i) corner[i] += x * region.plane.right[i] + y * region.plane.up[i];
    around.push_back(corner);
  }
  for (const Vec3& p : around) {
    const Vec3 index = frame.to_index(p);
    for (std::size_t i = 0; i < 3; ++i) low[i] = std::min(low[i], index[i]), high[i] = std::max(high[i], index[i]);
  }
  std::array<std::int64_t, 3> first{}, last{};
  for (std::size_t i = 0; i < 3; ++i) {
    first[i] = std::clamp<std::int64_t>(static_cast<std::int64_t>(std::floor(low[i])), 0, frame.size[i] - 1);
    last[i] = std::clamp<std::int64_t>(static_cast<std::int64_t>(std::ceil(high[i])), 0, frame.size[i] - 1);
  }
  const Vec3 n = region.plane.normal();
  double half = 0;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const Vec3 along = column(frame.direction, axis);
    half += std::abs(dot(along, n)) * frame.spacing_mm[axis] / 2;
  }
  for (std::int64_t z = first[2]; z <= last[2]; ++z)
    for (std::int64_t y = first[1]; y <= last[1]; ++y)
      for (std::int64_t x = first[0]; x <= last[0]; ++x) {
        const Vec3 p = frame.to_world({static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)});
        const double off = dot(subtract(p, region.points_mm[0]), n);
        if (off > half - 1e-9 || off < -half - 1e-9) continue;
        if (contains(region, corners, flat(region, p))) inside.push_back((z * frame.size[1] + y) * frame.size[0] + x);
      }
  return inside;
}

std::optional<RegionStatistics> make_statistics(const render::Raster& raster, const Measurement& region) {
  RegionStatistics result;
  double sum = 0, squares = 0;
  const auto [nx, ny, nz] = raster.frame.size;
  std::vector<double> values;
  for (const std::int64_t voxel : voxels_inside(raster, region)) {
    const auto value = value_at(raster, {voxel % nx, voxel / nx % ny, voxel / (nx * ny), region.frame});
    if (value) values.push_back(*value);
  }
  if (values.empty()) return {};
  for (const double v : values) sum += v;
  result.voxels = static_cast<std::int64_t>(values.size());
  result.mean = sum / static_cast<double>(values.size());
  for (const double v : values) squares += (v - result.mean) * (v - result.mean);
  result.standard_deviation = values.size() > 1 ? std::sqrt(squares / static_cast<double>(values.size() - 1)) : 0;
  const auto [low, high] = std::ranges::minmax(values);
  result.minimum = low;
  result.maximum = high;
  const Vec3 n = region.plane.normal();
  double depth = 0, volume = 1;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const Vec3 along = column(raster.frame.direction, axis);
    depth += std::abs(dot(along, n)) * raster.frame.spacing_mm[axis];
    volume *= raster.frame.spacing_mm[axis];
  }
  result.area_mm2 = static_cast<double>(values.size()) * volume / depth;
  return result;
}

std::string caption(const Document& document, const Measurement& m) {
  if (m.kind == MeasureKind::line) return form("%.1f mm", length_mm(m));
  if (m.kind == MeasureKind::angle)
    return m.points_mm.size() < 3 ? std::string{} : form("%.1f\xC2\xB0", angle_rad(m) * 180 / std::numbers::pi);
  const Item* const item = document.find(m.item);
  if (item == nullptr || !item->raster) return {};
  if (item->raster->stack) return m.name;  // figures of one band would be no figures of it
  if (m.kind == MeasureKind::point) {
    const auto value = interpolated(*item->raster, m.points_mm.at(0), m.frame);
    return value ? format_value(*value) + (item->raster->unit.empty() ? "" : " " + item->raster->unit) : m.name;
  }
  const auto statistics = make_statistics(*item->raster, m);
  if (!statistics) return "no voxel inside";
  return "mean " + format_value(statistics->mean) + " \xC2\xB1 " + format_value(statistics->standard_deviation) +
         (item->raster->unit.empty() ? "" : " " + item->raster->unit);
}

std::vector<std::vector<std::string>> measurement_table(const Document& document) {
  std::vector<std::vector<std::string>> rows{{"name", "kind", "image", "length mm", "angle deg", "area mm2", "mean",
                                              "SD", "minimum", "maximum", "FWHM mm", "place", "unit"}};
  for (const Measurement& m : document.measurements()) {
    const Item* const item = document.find(m.item);
    std::vector<std::string> row{m.name, std::string{to_string(m.kind)}, item == nullptr ? "" : item->name};
    row.resize(rows[0].size());
    if (m.kind == MeasureKind::line) {
      row[3] = form("%.2f", length_mm(m));
      if (item != nullptr && item->raster)
        if (const auto width = make_profile(*item->raster, m).fwhm_mm) row[10] = form("%.2f", *width);
    } else if (m.kind == MeasureKind::angle) {
      row[4] = form("%.2f", angle_rad(m) * 180 / std::numbers::pi);
    } else if (m.kind == MeasureKind::point && item != nullptr && item->raster) {
      if (const auto value = interpolated(*item->raster, m.points_mm.at(0), m.frame)) row[6] = format_value(*value);
    } else if (item != nullptr && item->raster) {
      if (const auto statistics = make_statistics(*item->raster, m)) {
        row[5] = form("%.2f", statistics->area_mm2);
        row[6] = format_value(statistics->mean);
        row[7] = format_value(statistics->standard_deviation);
        row[8] = format_value(statistics->minimum);
        row[9] = format_value(statistics->maximum);
      }
    }
    if (item != nullptr && item->raster && !m.points_mm.empty()) {
      Vec3 middle{};
      for (const Vec3& p : m.points_mm) middle = add_scaled(middle, 1.0 / static_cast<double>(m.points_mm.size()), p);
      row[11] = format_position(*item->raster, middle);
      row[12] = item->raster->unit;
    }
    rows.push_back(std::move(row));
  }
  add_time_figures(document, rows);
  return rows;
}

}  // namespace iso::gui
