#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace iso::gui {

enum class AxisScale : std::uint8_t { automatic, linear, logarithmic };

/// One axis of a plot: the range that it shows, and its ticks.
struct PlotAxis {
  struct Tick {
    double value{0};
    std::string label;
  };
  bool logarithmic{false};
  double low{0}, high{1};   ///< ends of the range; both positive on a logarithmic axis
  std::vector<Tick> ticks;  ///< rising, inside the range

  /// Position of a value, 0 at `low` and 1 at `high`; NaN for a value that the axis cannot show (NaN, infinite, or not
  /// positive on a logarithmic axis).
  [[nodiscard]] double position(double value) const noexcept;
};

/// The axis for some values with about `count` ticks. Automatic: logarithmic where all finite values are positive and span two
/// decades or more. `margin` is free space at both ends, as a fraction of the range.
[[nodiscard]] PlotAxis make_axis(std::span<const double> values, AxisScale scale, int count, double margin = 0);

/// Round numbers (1, 2 or 5 times a power of ten apart) from low to high, about `count` of them.
[[nodiscard]] std::vector<double> linear_ticks(double low, double high, int count);
/// Powers of ten from low to high, with 2 and 5 times them where there is room; every n-th power where there is none;
/// linear ticks where the range holds fewer than two of them.
[[nodiscard]] std::vector<double> logarithmic_ticks(double low, double high, int count);

}  // namespace iso::gui
