#include "method/component_count.h"

#include "method/linear_algebra.h"
#include "method/statistics.h"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace spectral_unmixing {
namespace {

constexpr std::int64_t most_pixels = 20'000;

// The point of the curve of logarithms that is farthest below the line from its first to its last.
std::int64_t elbow(const Vector& values, std::int64_t most) {
  const auto count = std::min<Eigen::Index>(values.size(), most + 1);
  std::vector<double> logs;
  for (Eigen::Index i = 0; i < count; ++i) logs.push_back(std::log(std::max(values[i], 1e-12 * values[0])));
  std::int64_t best = 1;
  double farthest = 0;
  for (std::size_t i = 1; i + 1 < logs.size(); ++i) {
    const double line =
        logs.front() + (logs.back() - logs.front()) * static_cast<double>(i) / static_cast<double>(logs.size() - 1);
    if (line - logs[i] > farthest) {
      farthest = line - logs[i];
      best = static_cast<std::int64_t>(i);
    }
  }
  return best;
}

Matrix every(const Matrix& y, Eigen::Index first) {
  Matrix out(y.rows(), (y.cols() - first + 1) / 2);
  for (Eigen::Index n = 0; n < out.cols(); ++n) out.col(n) = y.col(first + 2 * n);
  return out;
}

// Axes from every second pixel; in the others every second band is foretold from the bands between.
double held_out_error(const Matrix& axes, const Matrix& y) {
  double wrong = 0, all = 0;
  for (const Eigen::Index first : {0, 1}) {
    const Matrix hidden = axes(Eigen::seq(first, Eigen::last, 2), Eigen::all);
    const Matrix seen = axes(Eigen::seq(1 - first, Eigen::last, 2), Eigen::all);
    const Matrix known = y(Eigen::seq(1 - first, Eigen::last, 2), Eigen::all);
    const Matrix truth = y(Eigen::seq(first, Eigen::last, 2), Eigen::all);
    const Matrix normal = transposed_product(seen, seen) + 1e-9 * Matrix::Identity(seen.cols(), seen.cols());
    const Matrix scores = solve_symmetric(normal, transposed_product(seen, known));
    wrong += (truth - product(hidden, scores)).squaredNorm();
    all += truth.squaredNorm();
  }
  return all > 0 ? std::sqrt(wrong / all) : 0;
}

}  // namespace

ComponentCounts count_components(const PixelMatrix<float>& data, std::int64_t most, const Monitor& monitor) {
  if (data.band_count() < 3 || data.pixels < 3)
    throw iso::Error{iso::Errc::invalid_input, "components are counted from 3 bands and pixels on; the cube has " +
                                                   std::to_string(data.band_count()) + " bands and " +
                                                   std::to_string(data.pixels) + " pixels that are used"};
  monitor.report(0.05, "moments");
  const Moments moments = make_moments(data, most_pixels);
  ComponentCounts out;
  out.noise = regression_noise(moments);
  monitor.report(0.3, "HySime");
  out.estimates.push_back({"HySime", hysime(moments).components});
  monitor.report(0.5, "virtual dimensionality");
  Moments whitened = moments;
  const Vector scale = out.noise.cwiseMax(1e-6 * out.noise.maxCoeff() + 1e-300).cwiseInverse();
  whitened.mean = scale.asDiagonal() * moments.mean;
  whitened.second = scale.asDiagonal() * moments.second * scale.asDiagonal();
  for (const double rate : {1e-3, 1e-4, 1e-5}) {
    std::ostringstream text;
    text << rate;
    out.estimates.push_back({"HFC, false alarm " + text.str(), hfc(moments, rate)});
    out.estimates.push_back({"noise-whitened HFC, false alarm " + text.str(), hfc(whitened, rate)});
  }
  const Spectrum axes = principal_axes(moments, false);
  out.eigenvalues = axes.values.cwiseMax(0);
  out.estimates.push_back({"elbow of the eigenvalues", elbow(out.eigenvalues, most)});
  monitor.report(0.6, "held-out error");
  const Matrix y = to_matrix(take_pixels(data, spread(data.pixels, 4000)));
  const Matrix train = every(y, 0), test = every(y, 1);
  Moments half;
  half.mean = train.rowwise().mean();
  half.second = product_transposed(train, train) / static_cast<double>(train.cols());
  const Matrix half_axes = principal_axes(half, false).vectors;
  const double power = axes.values.cwiseMax(0).sum();
  double rest = power;
  const auto last = std::min<std::int64_t>(most, data.band_count() / 2);
  for (std::int64_t k = 1; k <= last; ++k) {
    rest -= std::max(0.0, axes.values[k - 1]);
    out.errors.push_back(
        {k, power > 0 ? std::sqrt(std::max(0.0, rest) / power) : 0, held_out_error(half_axes.leftCols(k), test)});
    monitor.report(0.6 + 0.35 * static_cast<double>(k) / static_cast<double>(last), "held-out error");
  }
  if (!out.errors.empty()) {
    const auto best = std::min_element(out.errors.begin(), out.errors.end(),
                                       [](const auto& a, const auto& b) { return a.held_out < b.held_out; });
    out.estimates.push_back({"smallest held-out error", best->components});
  }
  return out;
}

}  // namespace spectral_unmixing
