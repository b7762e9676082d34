#include "scatter.h"

#include "iso/base/dispatch.h"
#include "iso/base/error.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace iso::gui {
namespace {

constexpr float missing = std::numeric_limits<float>::quiet_NaN();

std::vector<float> make_values(const ScatterAxis& axis) {
  const auto& cube = get<SpectralCube>(axis.cube);
  const Shape& shape = cube.pixels.spec().shape;
  if (axis.band < 0 || axis.band >= shape[2])
    throw Error{Errc::invalid_input,
                "band " + std::to_string(axis.band + 1) + " of " + std::to_string(shape[2]) + " was asked for"};
  const auto count = static_cast<std::size_t>(shape[0] * shape[1]);
  std::vector<float> values(count);
  dispatch<RealTypes>(cube.pixels.spec().type, [&](auto type) {
    const auto all = cube.pixels.values<decltype(type)>().subspan(static_cast<std::size_t>(axis.band) * count, count);
    std::ranges::transform(all, values.begin(), [](auto value) { return static_cast<float>(value); });
  });
  if (!cube.mask.empty()) {
    const auto mask = cube.mask.values<std::uint8_t>();
    for (std::size_t i = 0; i < count; ++i)
      if (mask[i] == 0) values[i] = missing;
  }
  return values;
}

std::array<double, 2> make_range(const std::vector<float>& values, const std::vector<float>& other) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i]) || !std::isfinite(other[i])) continue;
    low = std::min(low, static_cast<double>(values[i]));
    high = std::max(high, static_cast<double>(values[i]));
  }
  if (low == high) return {low - 0.5, high + 0.5};
  return {low, high};
}

std::int64_t bin(double value, const std::array<double, 2>& range) noexcept {
  const double at = (value - range[0]) / (range[1] - range[0]) * Scatter::bins;
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(at), 0, Scatter::bins - 1);
}

bool contains(const std::vector<std::array<double, 2>>& polygon, double x, double y) noexcept {
  bool in = false;
  for (std::size_t i = 0, j = polygon.size() - 1; i < polygon.size(); j = i++) {
    const auto& [xi, yi] = polygon[i];
    const auto& [xj, yj] = polygon[j];
    if ((yi > y) != (yj > y) && x < (xj - xi) * (y - yi) / (yj - yi) + xi) in = !in;
  }
  return in;
}

}  // namespace

std::int64_t Scatter::to_bin(std::size_t pixel) const noexcept {
  if (!std::isfinite(x[pixel]) || !std::isfinite(y[pixel])) return -1;
  return bin(y[pixel], y_range) * bins + bin(x[pixel], x_range);
}

Scatter make_scatter(const ScatterAxis& x, const ScatterAxis& y) {
  const Shape& shape = get<SpectralCube>(x.cube).pixels.spec().shape;
  const Shape& other = get<SpectralCube>(y.cube).pixels.spec().shape;
  if (shape[0] != other[0] || shape[1] != other[1])
    throw Error{Errc::shape_mismatch, "scenes of " + shape.text() + " and " + other.text() + " have no common pixels",
                "choose two bands of one scene"};
  Scatter scatter;
  scatter.width = shape[0];
  scatter.height = shape[1];
  scatter.x = make_values(x);
  scatter.y = make_values(y);
  scatter.x_range = make_range(scatter.x, scatter.y);
  scatter.y_range = make_range(scatter.y, scatter.x);
  scatter.counts.assign(static_cast<std::size_t>(Scatter::bins) * Scatter::bins, 0);
  for (std::size_t i = 0; i < scatter.x.size(); ++i) {
    const std::int64_t at = scatter.to_bin(i);
    if (at < 0) continue;
    ++scatter.counts[static_cast<std::size_t>(at)];
    ++scatter.pixels;
  }
  if (scatter.pixels == 0)
    throw Error{Errc::invalid_input, "no pixel has a value in both bands", "choose bands that hold values"};
  return scatter;
}

LabelMap select(const Scatter& scatter, const std::vector<std::array<double, 2>>& polygon, const VoxelGrid& flat) {
  PixelBuffer labels = PixelBuffer::allocate({Shape{scatter.width, scatter.height, 1}, ScalarType::u8});
  const auto values = labels.values<std::uint8_t>();
  for (std::size_t i = 0; i < scatter.x.size() && polygon.size() > 2; ++i)
    values[i] = std::isfinite(scatter.x[i]) && std::isfinite(scatter.y[i]) &&
                        contains(polygon, static_cast<double>(scatter.x[i]), static_cast<double>(scatter.y[i]))
                    ? 1
                    : 0;
  return {std::move(labels), flat, {"", "selection"}, {}};
}

std::vector<std::uint16_t> labels_in(const Scatter& scatter, const LabelMap& map) {
  const Shape& shape = map.labels.spec().shape;
  if (shape[0] != scatter.width || shape[1] != scatter.height || shape.count() != scatter.width * scatter.height)
    return {};
  std::vector<std::uint16_t> bins(scatter.counts.size(), 0);
  const auto put = [&](const auto& labels) {
    for (std::size_t i = 0; i < labels.size(); ++i)
      if (labels[i] != 0)
        if (const std::int64_t at = scatter.to_bin(i); at >= 0) bins[static_cast<std::size_t>(at)] = labels[i];
  };
  map.labels.spec().type == ScalarType::u8 ? put(map.labels.values<std::uint8_t>())
                                           : put(map.labels.values<std::uint16_t>());
  return bins;
}

}  // namespace iso::gui
