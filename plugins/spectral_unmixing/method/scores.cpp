#include "method/scores.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

namespace spectral_unmixing {

double spectral_angle(const Vector& a, const Vector& b) {
  const double norms = a.norm() * b.norm();
  if (!(norms > 0)) return std::numbers::pi / 2;
  return std::acos(std::clamp(a.dot(b) / norms, -1.0, 1.0));
}

double information_divergence(const Vector& a, const Vector& b) {
  constexpr double least = 1e-12;
  const double sum_a = a.cwiseMax(0).sum(), sum_b = b.cwiseMax(0).sum();
  if (!(sum_a > 0) || !(sum_b > 0)) return std::numeric_limits<double>::infinity();
  double out = 0;
  for (Eigen::Index l = 0; l < a.size(); ++l) {
    const double p = std::max(a[l] / sum_a, least), q = std::max(b[l] / sum_b, least);
    out += (p - q) * std::log(p / q);
  }
  return out;
}

Vector continuum_removed(const Vector& spectrum, const std::vector<double>& centres) {
  std::vector<Eigen::Index> hull;
  const auto x = [&](Eigen::Index i) { return centres[static_cast<std::size_t>(i)]; };
  for (Eigen::Index i = 0; i < spectrum.size(); ++i) {
    while (hull.size() > 1) {
      const Eigen::Index a = hull[hull.size() - 2], b = hull.back();
      const double turn = (x(b) - x(a)) * (spectrum[i] - spectrum[a]) - (spectrum[b] - spectrum[a]) * (x(i) - x(a));
      if (turn < 0) break;
      hull.pop_back();
    }
    hull.push_back(i);
  }
  Vector out(spectrum.size());
  std::size_t piece = 0;
  for (Eigen::Index i = 0; i < spectrum.size(); ++i) {
    while (piece + 2 < hull.size() && hull[piece + 1] < i) ++piece;
    const Eigen::Index a = hull[piece], b = hull[std::min(piece + 1, hull.size() - 1)];
    const double part = b > a ? (x(i) - x(a)) / (x(b) - x(a)) : 0;
    const double top = spectrum[a] + part * (spectrum[b] - spectrum[a]);
    out[i] = top > 0 ? spectrum[i] / top : 1;
  }
  return out;
}

Matrix spectral_angles(const Matrix& a, const Matrix& b) {
  Matrix out(a.cols(), b.cols());
  for (Eigen::Index i = 0; i < a.cols(); ++i)
    for (Eigen::Index j = 0; j < b.cols(); ++j) out(i, j) = spectral_angle(a.col(i), b.col(j));
  return out;
}

std::vector<std::int64_t> match(const Matrix& costs) {
  if (costs.rows() > costs.cols()) {
    const auto turned = match(costs.transpose());
    std::vector<std::int64_t> out(static_cast<std::size_t>(costs.rows()), -1);
    for (std::size_t j = 0; j < turned.size(); ++j)
      out[static_cast<std::size_t>(turned[j])] = static_cast<std::int64_t>(j);
    return out;
  }
  // Rows join one by one by the cheapest augmenting path; u and v are the potentials, index 0 stands for none.
  const auto rows = static_cast<std::size_t>(costs.rows()), columns = static_cast<std::size_t>(costs.cols());
  std::vector<double> u(rows + 1, 0), v(columns + 1, 0);
  std::vector<std::size_t> row_at(columns + 1, 0), way(columns + 1, 0);
  for (std::size_t i = 1; i <= rows; ++i) {
    row_at[0] = i;
    std::size_t j0 = 0;
    std::vector<double> least(columns + 1, std::numeric_limits<double>::infinity());
    std::vector<bool> used(columns + 1, false);
    do {
      used[j0] = true;
      const std::size_t i0 = row_at[j0];
      std::size_t j1 = 0;
      double delta = std::numeric_limits<double>::infinity();
      for (std::size_t j = 1; j <= columns; ++j) {
        if (used[j]) continue;
        const double reduced =
            costs(static_cast<Eigen::Index>(i0) - 1, static_cast<Eigen::Index>(j) - 1) - u[i0] - v[j];
        if (reduced < least[j]) {
          least[j] = reduced;
          way[j] = j0;
        }
        if (least[j] < delta) {
          delta = least[j];
          j1 = j;
        }
      }
      for (std::size_t j = 0; j <= columns; ++j) {
        if (used[j]) {
          u[row_at[j]] += delta;
          v[j] -= delta;
        } else {
          least[j] -= delta;
        }
      }
      j0 = j1;
    } while (row_at[j0] != 0);
    for (; j0 != 0; j0 = way[j0]) row_at[j0] = row_at[way[j0]];
  }
  std::vector<std::int64_t> out(rows, -1);
  for (std::size_t j = 1; j <= columns; ++j)
    if (row_at[j] != 0) out[row_at[j] - 1] = static_cast<std::int64_t>(j) - 1;
  return out;
}

std::vector<std::int64_t> canonical_order(const Matrix& endmembers) {
  std::vector<double> centroid(static_cast<std::size_t>(endmembers.cols()), 0);
  for (Eigen::Index k = 0; k < endmembers.cols(); ++k) {
    const Vector e = endmembers.col(k).cwiseMax(0);
    const double sum = e.sum();
    if (sum > 0)
      centroid[static_cast<std::size_t>(k)] =
          e.dot(Vector::LinSpaced(e.size(), 0, static_cast<double>(e.size() - 1))) / sum;
  }
  std::vector<std::int64_t> order(centroid.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, [&](std::int64_t a, std::int64_t b) {
    return centroid[static_cast<std::size_t>(a)] < centroid[static_cast<std::size_t>(b)];
  });
  return order;
}

}  // namespace spectral_unmixing
