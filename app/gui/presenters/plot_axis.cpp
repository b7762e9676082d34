#include "plot_axis.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

namespace iso::gui {
namespace {

constexpr double decades_for_logarithm = 2;

/// Labels that tell neighbouring ticks apart: decimals as the step asks, an exponent for the very large and small.
std::string make_label(double value, double step) {
  std::array<char, 48> text{};
  const double size = std::abs(value);
  if (value == 0) return "0";
  const int step_power = static_cast<int>(std::floor(std::log10(step) + 1e-9));
  if (size >= 1e5 || size < 1e-3) {
    const int digits = std::max(0, static_cast<int>(std::floor(std::log10(size) + 1e-9)) - step_power);
    std::snprintf(text.data(), text.size(), "%.*e", std::min(digits, 15), value);
  } else {
    std::snprintf(text.data(), text.size(), "%.*f", std::max(0, -step_power), value);
  }
  return text.data();
}

std::string make_power_label(double value) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), value >= 1e5 || value < 1e-3 ? "%.0e" : "%g", value);
  return text.data();
}

struct Extent {
  double low{std::numeric_limits<double>::infinity()}, high{-std::numeric_limits<double>::infinity()};
  bool all_positive{true};
};

Extent make_extent(std::span<const double> values, bool only_positive) {
  Extent extent;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    extent.all_positive = extent.all_positive && value > 0;
    if (only_positive && value <= 0) continue;
    extent.low = std::min(extent.low, value);
    extent.high = std::max(extent.high, value);
  }
  return extent;
}

}  // namespace

double PlotAxis::position(double value) const noexcept {
  if (!std::isfinite(value) || (logarithmic && value <= 0)) return std::numeric_limits<double>::quiet_NaN();
  if (logarithmic) return std::log(value / low) / std::log(high / low);
  return (value - low) / (high - low);
}

std::vector<double> linear_ticks(double low, double high, int count) {
  if (!(high > low) || count < 1) return {low};
  const double rough = (high - low) / count, decade = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * decade;
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * decade >= rough) {
      step = factor * decade;
      break;
    }
  std::vector<double> places;
  const double first = std::ceil(low / step - 1e-9), last = std::floor(high / step + 1e-9);
  if (!(std::max(std::abs(first), std::abs(last)) < 1e15)) return {low};  // closer together than doubles tell apart
  for (double n = first; n <= last; ++n) places.push_back(n == 0 ? 0 : n * step);
  return places;
}

std::vector<double> logarithmic_ticks(double low, double high, int count) {
  if (!(low > 0) || !(high > low) || count < 1) return {low};
  const int first = static_cast<int>(std::floor(std::log10(low))), last = static_cast<int>(std::ceil(std::log10(high)));
  const auto inside = [&](double value) { return value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9); };
  std::vector<double> fine;
  for (int power = first; power <= last; ++power)
    for (const double factor : {1.0, 2.0, 5.0})
      if (const double value = factor * std::pow(10, power); inside(value)) fine.push_back(value);
  if (fine.size() < 2) return linear_ticks(low, high, count);
  if (static_cast<int>(fine.size()) <= 2 * count) return fine;
  const int every = std::max(1, (last - first + count - 1) / count);
  std::vector<double> powers;
  for (int power = first; power <= last; ++power)
    if (power % every == 0 && inside(std::pow(10, power))) powers.push_back(std::pow(10, power));
  return powers;
}

PlotAxis make_axis(std::span<const double> values, AxisScale scale, int count, double margin) {
  PlotAxis axis;
  const Extent extent = make_extent(values, scale == AxisScale::logarithmic);
  axis.logarithmic = scale == AxisScale::logarithmic ||
                     (scale == AxisScale::automatic && extent.all_positive && extent.low <= extent.high &&
                      extent.high >= std::pow(10, decades_for_logarithm) * extent.low);
  if (extent.low > extent.high) {  // nothing to show
    axis.low = axis.logarithmic ? 0.1 : 0;
    axis.high = 1;
  } else if (axis.logarithmic) {
    const double ratio = extent.high > extent.low ? std::pow(extent.high / extent.low, margin) : 2;
    axis.low = extent.low / ratio;
    axis.high = extent.high * ratio;
  } else {
    const double air = extent.high > extent.low
                           ? margin * (extent.high - extent.low)
                           : std::max(0.5 * std::abs(extent.high), std::numeric_limits<double>::min() * 1e9);
    axis.low = extent.low - air;
    axis.high = extent.high + air;
  }
  const std::vector<double> places =
      axis.logarithmic ? logarithmic_ticks(axis.low, axis.high, count) : linear_ticks(axis.low, axis.high, count);
  const double step = places.size() > 1 ? places[1] - places[0] : axis.high - axis.low;
  for (const double value : places)
    axis.ticks.push_back({value, axis.logarithmic ? make_power_label(value) : make_label(value, step)});
  return axis;
}

}  // namespace iso::gui
