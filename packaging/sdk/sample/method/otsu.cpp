#include "method/otsu.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace otsu {

double threshold(std::span<const float> values, const Options& options) {
  const int bins = options.bins;
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const float value : values) {
    if (!std::isfinite(value)) continue;
    low = std::min(low, static_cast<double>(value));
    high = std::max(high, static_cast<double>(value));
  }
  if (!(high > low)) return high;
  const double width = (high - low) / bins;
  std::vector<double> histogram(static_cast<std::size_t>(bins));
  for (const float value : values)
    if (std::isfinite(value))
      ++histogram[std::min(histogram.size() - 1, static_cast<std::size_t>((value - low) / width))];
  double total = 0, sum = 0;
  for (std::size_t i = 0; i < histogram.size(); ++i) {
    total += histogram[i];
    sum += histogram[i] * static_cast<double>(i);
  }
  double below = 0, sum_below = 0, best = -1;
  std::size_t at = 0;
  for (std::size_t i = 0; i + 1 < histogram.size(); ++i) {
    below += histogram[i];
    sum_below += histogram[i] * static_cast<double>(i);
    if (below == 0 || below == total) continue;
    // s(t) = w0 w1 (m1 - m0)^2
    const double difference = (sum - sum_below) / (total - below) - sum_below / below;
    const double between = below * (total - below) * difference * difference;
    if (between > best) {
      best = between;
      at = i;
    }
  }
  return low + width * static_cast<double>(at + 1);
}

}  // namespace otsu
