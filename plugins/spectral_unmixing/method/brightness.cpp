#include "method/brightness.h"

#include "method/abundances.h"

#include <algorithm>
#include <cmath>

namespace spectral_unmixing {
namespace {

constexpr double pure_share = 0.9, even_within = 0.05;
constexpr std::size_t fewest_pixels = 10;

double median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

Matrix at_usual_brightness(const PixelMatrix<float>& data, Matrix endmembers, std::int64_t first,
                           const Monitor& monitor) {
  const std::int64_t k = endmembers.cols(), n = data.pixels;
  const auto abundances = invert(data, endmembers, {false, 0, {}}, monitor, 0.2, 0.2);
  const Vector sizes = endmembers.colwise().norm();
  std::vector<std::vector<double>> brightness(static_cast<std::size_t>(k));
  std::vector<double> defects;
  Vector a(k);
  for (std::int64_t pixel = 0; pixel < n; ++pixel) {
    for (std::int64_t c = 0; c < k; ++c)
      a[c] = static_cast<double>(abundances[static_cast<std::size_t>(c * n + pixel)]);
    defects.push_back(std::abs(a.sum() - 1));
    const double total = a.dot(sizes);
    for (std::int64_t c = first; c < k && total > 0; ++c)
      if (a[c] * sizes[c] >= pure_share * total) brightness[static_cast<std::size_t>(c)].push_back(total);
  }
  if (defects.empty() || median(defects) <= even_within) return endmembers;
  for (std::int64_t c = first; c < k; ++c)
    if (auto& values = brightness[static_cast<std::size_t>(c)]; values.size() >= fewest_pixels && sizes[c] > 0)
      endmembers.col(c) *= median(values) / sizes[c];
  return endmembers;
}

}  // namespace spectral_unmixing
