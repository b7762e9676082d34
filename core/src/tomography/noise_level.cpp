#include "iso/tomography/noise_level.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace iso::tomography {

double noise_level(const Pixels& readings) {
  const auto block = readings.converted(ScalarType::f32);
  const auto values = block.values<float>();
  const auto nu = static_cast<std::size_t>(block.spec().shape[0]);
  if (nu < 5) return 0;
  std::vector<float> differences;
  differences.reserve(values.size());
  for (std::size_t row = 0; row + nu <= values.size(); row += nu) {
    for (std::size_t u = row; u + 3 < row + nu; ++u) {
      differences.push_back(std::abs(values[u + 3] - 3 * values[u + 2] + 3 * values[u + 1] - values[u]));
    }
  }
  // Of white noise the difference has variance 20 sigma^2; 0.6745 is the median of a unit normal's magnitude.
  const auto middle = differences.begin() + static_cast<std::ptrdiff_t>(differences.size() / 2);
  std::nth_element(differences.begin(), middle, differences.end());
  return *middle / (0.6745 * std::sqrt(20.0));
}

}  // namespace iso::tomography
