#include "picture_series.h"

#include <algorithm>

namespace iso::gui {

std::vector<std::int64_t> picture_numbers(const PictureSeries& series, std::int64_t count) {
  std::vector<std::int64_t> numbers;
  const std::int64_t last = series.last < 0 ? count - 1 : std::min(series.last, count - 1);
  const std::int64_t step = std::max<std::int64_t>(1, series.step);
  for (std::int64_t i = std::max<std::int64_t>(0, series.first); i <= last; i += step) numbers.push_back(i);
  return numbers;
}

}  // namespace iso::gui
