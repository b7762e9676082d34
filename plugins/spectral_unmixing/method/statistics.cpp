#include "method/statistics.h"

#include "method/linear_algebra.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace spectral_unmixing {
namespace {

constexpr double regularisation = 1e-6, slip = 8, negligible = 2e-3;  // the last of the rms of a band
constexpr double unlike_neighbours = 0.1;                             // of the rms of a band, at least
constexpr int spectral_from_bands = 30, reweighings = 12, neighbour_rounds = 6;

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

Matrix regularised_inverse(const Matrix& second) {
  const double d = regularisation * second.trace() / static_cast<double>(second.rows());
  const Matrix s = second + std::max(d, 1e-300) * Matrix::Identity(second.rows(), second.cols());
  return inverse_symmetric(s);
}

/// Bands of variance, each divided by its root mean square, so that no unit matters.
struct Normalised {
  std::vector<std::int64_t> bands;
  Vector scale;
  Matrix second;
};

Normalised normalise(const Moments& moments, const std::vector<BandFault>& faults) {
  Normalised out;
  for (Eigen::Index l = 0; l < moments.mean.size(); ++l)
    if (faults[static_cast<std::size_t>(l)] == BandFault::none) out.bands.push_back(l);
  const auto count = static_cast<Eigen::Index>(out.bands.size());
  out.scale.resize(count);
  out.second.resize(count, count);
  for (Eigen::Index i = 0; i < count; ++i) {
    const auto l = out.bands[static_cast<std::size_t>(i)];
    out.scale[i] = std::sqrt(moments.second(l, l));
  }
  for (Eigen::Index i = 0; i < count; ++i)
    for (Eigen::Index j = 0; j < count; ++j)
      out.second(i, j) =
          moments.second(out.bands[static_cast<std::size_t>(i)], out.bands[static_cast<std::size_t>(j)]) /
          (out.scale[i] * out.scale[j]);
  return out;
}

// What the best subspace leaves of each band, bands that it leaves much of counting little.
Vector subspace_misfit(const Matrix& second, std::int64_t rank) {
  const Eigen::Index bands = second.rows();
  Vector weight = Vector::Ones(bands), misfit = Vector::Ones(bands);
  for (int round = 0; round < reweighings; ++round) {
    const Vector root = weight.cwiseSqrt();
    const Matrix weighted = root.asDiagonal() * second * root.asDiagonal();
    const SymmetricAxes axes = symmetric_axes(weighted);
    const Matrix basis = root.asDiagonal() * axes.vectors.rightCols(std::min<Eigen::Index>(rank, bands));
    const Matrix cross = product(second, basis), scores = transposed_product(basis, cross);
    const Matrix solved = solve_symmetric(scores, cross.transpose());
    for (Eigen::Index l = 0; l < bands; ++l)
      misfit[l] = std::max(1e-12, second(l, l) - cross.row(l).dot(solved.col(l)));
    const double middle = median({misfit.data(), misfit.data() + bands});
    weight = (misfit.array() + middle).inverse().matrix();
    weight /= weight.maxCoeff();
  }
  return misfit.cwiseSqrt();
}

void mark_wrong_scales(const Moments& moments, std::vector<BandFault>& faults) {
  std::vector<std::int64_t> bands;
  for (std::size_t l = 0; l < faults.size(); ++l)
    if (faults[l] == BandFault::none) bands.push_back(static_cast<std::int64_t>(l));
  if (bands.size() < spectral_from_bands) return;
  const auto size = [&](std::size_t i) { return std::sqrt(moments.second(bands[i], bands[i])); };
  for (std::size_t i = 0; i < bands.size(); ++i) {
    std::vector<double> around;
    for (std::size_t j = i < 3 ? 0 : i - 3; j <= std::min(i + 3, bands.size() - 1); ++j)
      if (j != i) around.push_back(size(j));
    if (size(i) > slip * median(around)) faults[static_cast<std::size_t>(bands[i])] = BandFault::scale;
  }
}

/// What two bands leave of a third in the least-squares sense, as a part of its root mean square.
double left_by_pair(const Matrix& s, std::int64_t band, std::int64_t a, std::int64_t b) {
  const double whole = s(band, band), saa = s(a, a), sbb = s(b, b), sab = s(a, b), sa = s(a, band), sb = s(b, band);
  const double determinant = saa * sbb - sab * sab;
  double explained = saa > 0 ? sa * sa / saa : 0;
  if (determinant > regularisation * saa * sbb)
    explained = (sbb * sa * sa - 2 * sab * sa * sb + saa * sb * sb) / determinant;
  return std::sqrt(std::max(0.0, 1 - explained / whole));
}

/// The median over all pairs of the six bands nearest to position i of `bands`.
double left_by_neighbours(const Matrix& s, const std::vector<std::int64_t>& bands, std::size_t i) {
  const std::size_t first = std::min(i < 3 ? 0 : i - 3, bands.size() - 7);
  std::vector<double> left;
  for (std::size_t a = first; a < first + 7; ++a)
    for (std::size_t b = a + 1; b < first + 7; ++b)
      if (a != i && b != i) left.push_back(left_by_pair(s, bands[i], bands[a], bands[b]));
  return median(std::move(left));
}

// Again without those found, because two bad bands among six neighbours may foretell a third.
void mark_unlike_neighbours(const Moments& moments, double factor, std::vector<BandFault>& faults) {
  for (int round = 0; round < neighbour_rounds; ++round) {
    std::vector<std::int64_t> bands;
    for (std::size_t l = 0; l < faults.size(); ++l)
      if (faults[l] == BandFault::none) bands.push_back(static_cast<std::int64_t>(l));
    if (bands.size() < spectral_from_bands) return;
    std::vector<double> left;
    for (std::size_t i = 0; i < bands.size(); ++i) left.push_back(left_by_neighbours(moments.second, bands, i));
    const double limit = std::max(unlike_neighbours, factor * median(left));
    bool found = false;
    for (std::size_t i = 0; i < bands.size(); ++i) {
      if (left[i] <= limit) continue;
      faults[static_cast<std::size_t>(bands[i])] = BandFault::misfit;
      found = true;
    }
    if (!found) return;
  }
}

}  // namespace

template <class T>
Moments make_moments(const PixelMatrix<T>& data, std::int64_t most) {
  const auto chosen = spread(data.pixels, most);
  const bool all = static_cast<std::int64_t>(chosen.size()) == data.pixels;
  Matrix y = to_matrix(all ? data : take_pixels(data, chosen));
  Moments out;
  out.pixels = data.pixels;
  out.mean = y.rowwise().mean();
  out.second = product_transposed(y, y) / static_cast<double>(y.cols());
  out.second = (out.second + out.second.transpose()).eval() / 2;
  return out;
}

Vector regression_noise(const Moments& moments) {
  const Matrix inverse = regularised_inverse(moments.second);
  const Matrix noise = product(product(inverse, moments.second), inverse);
  Vector out(moments.mean.size());
  for (Eigen::Index l = 0; l < out.size(); ++l)
    out[l] = std::sqrt(std::max(0.0, noise(l, l))) / std::max(inverse(l, l), 1e-300);
  return out;
}

SignalSubspace hysime(const Moments& moments) {
  const Matrix inverse = regularised_inverse(moments.second);
  const Vector diagonal = inverse.diagonal().cwiseInverse();
  const Matrix to_noise = diagonal.asDiagonal() * inverse;
  const Matrix signal = Matrix::Identity(inverse.rows(), inverse.cols()) - to_noise;
  const Vector noise = product_transposed(product(to_noise, moments.second), to_noise).diagonal();
  const Matrix rx = product_transposed(product(signal, moments.second), signal);
  const SymmetricAxes axes = symmetric_axes((rx + rx.transpose()) / 2);
  SignalSubspace out;
  std::vector<Eigen::Index> chosen;
  for (Eigen::Index i = inverse.rows(); i-- > 0;) {
    const Vector v = axes.vectors.col(i);
    const double delta = -v.dot(moments.second * v) + 2 * v.cwiseAbs2().dot(noise);
    if (delta < 0) chosen.push_back(i);
  }
  out.components = static_cast<std::int64_t>(chosen.size());
  out.basis.resize(inverse.rows(), out.components);
  for (Eigen::Index c = 0; c < out.components; ++c)
    out.basis.col(c) = axes.vectors.col(chosen[static_cast<std::size_t>(c)]);
  return out;
}

double normal_quantile(double probability) {
  double x = 0;
  for (int i = 0; i < 100; ++i) {
    const double value = 0.5 * std::erfc(-x / std::numbers::sqrt2) - probability;
    const double slope = std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
    const double step = std::clamp(value / std::max(slope, 1e-300), -1.0, 1.0);
    x -= step;
    if (std::abs(step) < 1e-12) break;
  }
  return x;
}

std::int64_t hfc(const Moments& moments, double false_alarm) {
  const Vector r = principal_axes(moments, false).values, k = principal_axes(moments, true).values;
  const double quantile = -normal_quantile(false_alarm);
  std::int64_t count = 0;
  for (Eigen::Index i = 0; i < r.size(); ++i) {
    const double deviation = std::sqrt(2 * (r[i] * r[i] + k[i] * k[i]) / static_cast<double>(moments.pixels));
    if (r[i] - k[i] > deviation * quantile) ++count;
  }
  return count;
}

Spectrum principal_axes(const Moments& moments, bool centred) {
  Matrix m = moments.second;
  if (centred) m -= moments.mean * moments.mean.transpose();
  const SymmetricAxes axes = symmetric_axes(m);
  return {axes.values.reverse(), axes.vectors.rowwise().reverse()};
}

std::vector<std::int64_t> Screening::kept() const {
  std::vector<std::int64_t> out;
  for (std::size_t l = 0; l < faults.size(); ++l)
    if (faults[l] == BandFault::none) out.push_back(static_cast<std::int64_t>(l));
  return out;
}

Screening screen_bands(const Moments& moments, std::int64_t rank, double factor) {
  const auto bands = static_cast<std::size_t>(moments.mean.size());
  Screening out{std::vector<BandFault>(bands, BandFault::none), Vector::Zero(moments.mean.size())};
  for (std::size_t l = 0; l < bands; ++l) {
    const auto i = static_cast<Eigen::Index>(l);
    const double power = moments.second(i, i), variance = power - moments.mean[i] * moments.mean[i];
    if (!(variance > 1e-10 * power)) out.faults[l] = BandFault::constant;
  }
  if (!(factor > 0) || bands < 8) return out;
  mark_wrong_scales(moments, out.faults);
  const auto mark = [&](BandFault fault, const Normalised& own, const Vector& size) {
    const double middle = median({size.data(), size.data() + size.size()});
    for (std::size_t i = 0; i < own.bands.size(); ++i) {
      const auto at = static_cast<Eigen::Index>(i);
      if (size[at] > std::max(negligible * own.scale[at], factor * middle))
        out.faults[static_cast<std::size_t>(own.bands[i])] = fault;
    }
  };
  const Normalised all = normalise(moments, out.faults);
  if (all.bands.size() < 8) return out;
  const Vector noise =
      regression_noise({Vector::Zero(all.scale.size()), all.second, moments.pixels}).cwiseProduct(all.scale);
  for (std::size_t i = 0; i < all.bands.size(); ++i) out.noise[all.bands[i]] = noise[static_cast<Eigen::Index>(i)];
  mark(BandFault::noise, all, noise);
  mark_unlike_neighbours(moments, factor, out.faults);
  const Normalised left = normalise(moments, out.faults);
  if (left.bands.size() < 8) return out;
  mark(BandFault::misfit, left,
       subspace_misfit(left.second, std::min<std::int64_t>(rank, left.second.rows() / 3)).cwiseProduct(left.scale));
  return out;
}

template Moments make_moments<float>(const PixelMatrix<float>&, std::int64_t);
template Moments make_moments<double>(const PixelMatrix<double>&, std::int64_t);

}  // namespace spectral_unmixing
