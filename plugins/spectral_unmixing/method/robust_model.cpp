#include "method/robust_model.h"

#include <iso/base/error.h>
#include <iso/solvers/curve_limit.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

namespace spectral_unmixing {
namespace {

constexpr int exponents_from = 10, always_until = 50, exponents_every = 5, exact_every = 25, hoyer_until = 200;
constexpr double multiplicative_floor = 1e-12, vanishing = 1e-12, hoyer_most = 0.7;
constexpr double duplicate_angle = 0.01, vanished_row = 1e-5;

/// A high percentile of the data, from at most a million values.
template <class T>
double high_value(const PixelMatrix<T>& data) {
  std::vector<T> values;
  const std::int64_t stride = 1 + data.band_count() * data.pixels / 1'000'000;
  for (const T* const band : data.bands)
    for (std::int64_t n = 0; n < data.pixels; n += stride) values.push_back(std::abs(band[n]));
  if (values.empty()) return 1;
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(0.99 * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at > 0 ? static_cast<double>(*at) : 1.0;
}

}  // namespace

template <class T>
RobustModel<T>::RobustModel(PixelMatrix<T> data, const Matrix& endmembers, const std::vector<T>& abundances,
                            RobustOptions options, const iso::compute::Backend* device)
    : data_{std::move(data)},
      options_{std::move(options)},
      l_{data_.band_count()},
      n_{data_.pixels},
      k_{endmembers.cols()},
      e_{endmembers},
      pixels_{abundances, std::vector<T>(static_cast<std::size_t>(n_), T{1})} {
  if (k_ < 1 || endmembers.rows() != l_ || static_cast<std::int64_t>(pixels_.a.size()) != k_ * n_)
    throw iso::Error{iso::Errc::shape_mismatch, "the start of the unmixing does not have the shape of the data"};
  if (device != nullptr) device_ = std::make_unique<DevicePass<T>>(data_, k_, *device);
  options_.frozen.resize(static_cast<std::size_t>(k_), false);
  scale_ = high_value(data_);
  eps_ = options_.eps * scale_;
  tau_ = options_.tau > 0 ? options_.tau : 0.5 * std::log(static_cast<double>(std::max<std::int64_t>(k_, 2)));
  eta_ = options_.eta;
  for (std::int64_t k = 0; k < k_; ++k)
    if (!options_.frozen[static_cast<std::size_t>(k)]) e_.col(k) = e_.col(k).cwiseMax(1e-4 * scale_);
  e0_ = e_;
  for (T& a : pixels_.a)
    a = std::max(static_cast<T>(0.9 * static_cast<double>(a) + 0.1 / static_cast<double>(k_)), T{0});
  if (options_.exponent == Exponent::fixed) std::ranges::fill(pixels_.p, static_cast<T>(options_.p_fixed));
  y2_ = Vector::Zero(l_);
  for (std::int64_t l = 0; l < l_; ++l) {
    const T* const y = data_.bands[static_cast<std::size_t>(l)];
    for (std::int64_t n = 0; n < n_; ++n) y2_[l] += static_cast<double>(y[n]) * static_cast<double>(y[n]);
  }
  exact_mean_squares();
  double curvature = 0, weights = 0;
  for (std::int64_t l = 0; l < l_; ++l) {
    weights += weight(s_[l]) / static_cast<double>(l_);
    if (y2_[l] > 0) curvature += weight(s_[l]) * e_.row(l).squaredNorm();
  }
  c_ = curvature > 0 ? static_cast<double>(k_) / curvature : 1;
  double squares = 0;
  for (const T a : pixels_.a) squares += static_cast<double>(a) * static_cast<double>(a);
  nu_ = options_.anchor * weights * squares / static_cast<double>(k_);
  u_ = s_.unaryExpr([&](double s) { return c_ * weight(s); });
  pass(false, false);
}

template <class T>
double RobustModel<T>::rho(double s) const {
  switch (options_.loss) {
    case Loss::l21: return std::sqrt(s + eps_ * eps_);
    case Loss::log: return 0.5 * std::log(s + eps_ * eps_);
    case Loss::frobenius: break;
  }
  return s / 2;
}

template <class T>
double RobustModel<T>::weight(double s) const {
  switch (options_.loss) {
    case Loss::l21: return 1 / std::sqrt(s + eps_ * eps_);
    case Loss::log: return 1 / (s + eps_ * eps_);
    case Loss::frobenius: break;
  }
  return 1;
}

template <class T>
const PixelState<T>& RobustModel<T>::fetched() const {
  if (newer_on_device_) device_->download(pixels_);
  newer_on_device_ = false;
  return pixels_;
}

template <class T>
PixelState<T>& RobustModel<T>::changed() {
  (void)fetched();
  newer_here_ = true;
  return pixels_;
}

template <class T>
void RobustModel<T>::exact_mean_squares() {
  if (device_ != nullptr) {
    if (newer_here_) device_->upload(pixels_);
    newer_here_ = false;
    s_ = device_->band_squares(e_) / static_cast<double>(n_);
    return;
  }
  const Tiles<T> tiles{data_};
  const auto& kernel = kernels<T>();
  std::vector<T> e(static_cast<std::size_t>(l_ * k_));
  for (std::int64_t l = 0; l < l_; ++l)
    for (std::int64_t k = 0; k < k_; ++k) e[static_cast<std::size_t>(l * k_ + k)] = static_cast<T>(e_(l, k));
  Matrix parts = Matrix::Zero(l_, tiles.parts());
  tiles.for_each([&](const typename Tiles<T>::Place& at) {
    std::vector<T> a(static_cast<std::size_t>(k_ * at.tile.pixels), T{0});
    for (std::int64_t k = 0; k < k_; ++k)
      std::copy_n(pixels_.a.data() + k * n_ + at.first, at.counted, a.data() + k * at.tile.pixels);
    kernel.residual(at.tile, e.data(), k_, a.data(), at.tile.pixels, at.counted, nullptr, parts.col(at.part).data(),
                    nullptr);
  });
  s_ = Vector::Zero(l_);
  for (std::int64_t part = 0; part < tiles.parts(); ++part) s_ += parts.col(part);
  s_ /= static_cast<double>(n_);
}

template <class T>
void RobustModel<T>::pass(bool abundances, bool exponents) {
  const Matrix curvature = e_.transpose() * u_.asDiagonal() * e_;
  if (device_ != nullptr)
    pass_on_device(abundances, exponents, curvature);
  else
    pass_on_host(abundances, exponents, curvature);
}

template <class T>
void RobustModel<T>::pass_on_device(bool abundances, bool exponents, const Matrix& curvature) {
  if (newer_here_) device_->upload(pixels_);
  newer_here_ = false;
  const bool exact = options_.solver == Solver::hals;
  iso::compute::AbundanceRule rule;
  rule.curvature.assign(static_cast<std::size_t>(k_ * k_), 0);
  for (std::int64_t i = 0; i < k_; ++i)
    for (std::int64_t j = 0; j < k_; ++j)
      rule.curvature[static_cast<std::size_t>(i * k_ + j)] = curvature(i, j) + options_.mu;
  rule.mu = options_.mu;
  rule.lambda = options_.lambda;
  rule.eta = eta_;
  rule.tau = tau_;
  rule.p_min = options_.p_min;
  rule.floor = exact ? 0 : multiplicative_floor;
  rule.exact = exact;
  rule.abundances = abundances;
  rule.exponents = exponents && options_.lambda > 0;
  const auto sums = device_->pass(u_.asDiagonal() * e_, rule);
  newer_on_device_ = newer_on_device_ || abundances || rule.exponents;
  yat_ = sums.yat;
  aat_ = Eigen::Map<const RowMajor>(sums.pixels.gram.data(), k_, k_);
  powers_ = options_.lambda > 0 ? sums.pixels.powers : 0;
  exponent_sum_ = options_.lambda > 0 ? sums.pixels.exponents : 0;
  sum_defect_ = options_.mu > 0 ? sums.pixels.defect : 0;
}

template <class T>
void RobustModel<T>::pass_over(const typename Tiles<T>::Place& at, const HostPass& pass, double* sums) {
  const std::int64_t width = at.tile.pixels;
  const auto& kernel = kernels<T>();
  thread_local std::vector<T> memory;
  const auto needed = static_cast<std::size_t>(4 * k_ * width + width + l_ * k_);
  if (memory.size() < needed) memory.resize(needed);
  T* const a = memory.data();
  T* const b = a + k_ * width;
  T* const scratch = b + k_ * width;
  T* const p = scratch + 2 * k_ * width;
  T* const yat = p + width;
  for (std::int64_t k = 0; k < k_; ++k) {
    std::copy_n(pixels_.a.data() + k * n_ + at.first, at.counted, a + k * width);
    std::fill(a + k * width + at.counted, a + (k + 1) * width, T{0});
  }
  std::copy_n(pixels_.p.data() + at.first, at.counted, p);
  std::fill(p + at.counted, p + width, T{1});
  if (pass.abundances) {
    kernel.products(at.tile, pass.ue.data(), k_, b, width);
    const T mu = static_cast<T>(options_.mu);
    for (std::int64_t i = 0; i < k_ * width; ++i) b[i] += mu;
    const bool exact = options_.solver == Solver::hals;
    kernel.update_abundances({b, pass.curvature.data(), a, p, width, width, k_, static_cast<T>(options_.lambda),
                              static_cast<T>(eta_), static_cast<T>(exact ? 0 : multiplicative_floor), mu, exact,
                              scratch});
    for (std::int64_t k = 0; k < k_; ++k) {
      std::fill(a + k * width + at.counted, a + (k + 1) * width, T{0});
      std::copy_n(a + k * width, at.counted, pixels_.a.data() + k * n_ + at.first);
    }
  }
  double* const penalty = sums + l_ * k_ + k_ * k_;
  if (options_.lambda > 0) {
    kernel.update_exponents(
        {a, p, width, width, k_, static_cast<T>(eta_), static_cast<T>(tau_), static_cast<T>(options_.p_min),
         pass.exponents, sizeof(T) == sizeof(double) ? 40 : 8, scratch},
        at.counted, penalty);
    if (pass.exponents) std::copy_n(p, at.counted, pixels_.p.data() + at.first);
  }
  if (options_.mu > 0) {
    std::fill(scratch, scratch + width, T{-1});
    for (std::int64_t k = 0; k < k_; ++k)
      for (std::int64_t n = 0; n < width; ++n) scratch[n] += a[k * width + n];
    std::fill(scratch + at.counted, scratch + width, T{0});
    penalty[2] +=
        static_cast<double>(Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>>{scratch, width}.square().sum());
  }
  kernel.gather(at.tile, a, width, k_, yat);
  for (std::int64_t i = 0; i < l_ * k_; ++i) sums[i] += static_cast<double>(yat[i]);
  double* const aat = sums + l_ * k_;
  for (std::int64_t i = 0; i < k_; ++i) {
    for (std::int64_t j = 0; j <= i; ++j) {
      const Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>> x{a + i * width, width}, y{a + j * width, width};
      aat[i * k_ + j] += static_cast<double>((x * y).sum());
    }
  }
}

template <class T>
void RobustModel<T>::pass_on_host(bool abundances, bool exponents, const Matrix& curvature) {
  const Tiles<T> tiles{data_};
  HostPass pass{std::vector<T>(static_cast<std::size_t>(l_ * k_)), std::vector<T>(static_cast<std::size_t>(k_ * k_)),
                abundances, exponents};
  for (std::int64_t l = 0; l < l_; ++l)
    for (std::int64_t k = 0; k < k_; ++k)
      pass.ue[static_cast<std::size_t>(l * k_ + k)] = static_cast<T>(u_[l] * e_(l, k));
  for (std::int64_t i = 0; i < k_; ++i)
    for (std::int64_t j = 0; j < k_; ++j)
      pass.curvature[static_cast<std::size_t>(i * k_ + j)] = static_cast<T>(curvature(i, j) + options_.mu);
  const std::int64_t entries = l_ * k_ + k_ * k_ + 3;
  Matrix parts = Matrix::Zero(entries, tiles.parts());
  tiles.for_each([&](const typename Tiles<T>::Place& at) { pass_over(at, pass, parts.col(at.part).data()); });
  Vector total = Vector::Zero(entries);
  for (std::int64_t part = 0; part < tiles.parts(); ++part) total += parts.col(part);
  yat_ = Eigen::Map<const RowMajor>(total.data(), l_, k_);
  aat_ = Eigen::Map<const RowMajor>(total.data() + l_ * k_, k_, k_);
  for (std::int64_t i = 0; i < k_; ++i)
    for (std::int64_t j = i + 1; j < k_; ++j) aat_(i, j) = aat_(j, i);
  powers_ = total[entries - 3];
  exponent_sum_ = total[entries - 2];
  sum_defect_ = total[entries - 1];
}

template <class T>
void RobustModel<T>::update_endmembers() {
  const double hold = nu_ * c_;
  const bool exact = options_.solver == Solver::hals;
  const Matrix product = exact ? Matrix{} : Matrix{e_ * aat_};
  for (std::int64_t k = 0; k < k_; ++k) {
    if (options_.frozen[static_cast<std::size_t>(k)]) continue;
    const double diagonal = aat_(k, k);
    for (std::int64_t l = 0; l < l_; ++l) {
      double& e = e_(l, k);
      const double u = u_[l], target = yat_(l, k);
      if (exact) {
        const double down = u * diagonal + hold;
        if (diagonal < vanishing || !(down > 0)) continue;
        const double up = u * (target - e_.row(l).dot(aat_.col(k))) + hold * (e0_(l, k) - e);
        e = std::max(0.0, e + up / down);
      } else {
        const double up = u * std::max(target, 0.0) + hold * e0_(l, k);
        const double down = u * (product(l, k) + std::max(-target, 0.0)) + hold * e;
        if (down > 0) e = std::max(e * up / down, multiplicative_floor);
      }
    }
  }
}

template <class T>
void RobustModel<T>::reweigh() {
  const Matrix product = e_ * aat_;
  for (std::int64_t l = 0; l < l_; ++l) {
    const double cross = e_.row(l).dot(yat_.row(l)), own = product.row(l).dot(e_.row(l));
    s_[l] = std::max(0.0, (y2_[l] - 2 * cross + own) / static_cast<double>(n_));
  }
  if (sizeof(T) == sizeof(double) || (iteration_ > 0 && iteration_ % exact_every == 0)) exact_mean_squares();
  u_ = s_.unaryExpr([&](double s) { return c_ * weight(s); });
}

template <class T>
double RobustModel<T>::data_term() const {
  double sum = 0;
  for (std::int64_t l = 0; l < l_; ++l) sum += rho(s_[l]);
  return c_ * static_cast<double>(n_) * sum;
}

template <class T>
std::array<double, 4> RobustModel<T>::terms() const {
  return {data_term(), options_.mu / 2 * sum_defect_, options_.lambda * (powers_ + tau_ * exponent_sum_),
          nu_ * c_ / 2 * (e_ - e0_).squaredNorm()};
}

template <class T>
double RobustModel<T>::objective() const {
  const auto& [a_of, p_of] = fetched();
  double data = 0;
  for (std::int64_t l = 0; l < l_; ++l) {
    double squares = 0;
    for (std::int64_t n = 0; n < n_; ++n) {
      auto r = static_cast<double>(data_.bands[static_cast<std::size_t>(l)][n]);
      for (std::int64_t k = 0; k < k_; ++k)
        r -= e_(l, k) * static_cast<double>(a_of[static_cast<std::size_t>(k * n_ + n)]);
      squares += r * r;
    }
    data += rho(squares / static_cast<double>(n_));
  }
  double defects = 0, powers = 0;
  for (std::int64_t n = 0; n < n_; ++n) {
    const auto p = static_cast<double>(p_of[static_cast<std::size_t>(n)]);
    double sum = -1;
    for (std::int64_t k = 0; k < k_; ++k) {
      const auto a = static_cast<double>(a_of[static_cast<std::size_t>(k * n_ + n)]);
      sum += a;
      powers += std::pow(a + eta_, p);
    }
    powers += tau_ * p;
    defects += sum * sum;
  }
  return c_ * static_cast<double>(n_) * data + options_.mu / 2 * defects + options_.lambda * powers +
         nu_ * c_ / 2 * (e_ - e0_).squaredNorm();
}

template <class T>
void RobustModel<T>::hoyer() {
  const double root = std::sqrt(static_cast<double>(k_));
  if (k_ < 2) return;
  auto& [a_of, p_of] = changed();
  for (std::int64_t n = 0; n < n_; ++n) {
    double one = 0, two = 0;
    for (std::int64_t k = 0; k < k_; ++k) {
      const auto a = static_cast<double>(a_of[static_cast<std::size_t>(k * n_ + n)]);
      one += a;
      two += a * a;
    }
    const double h = two > 0 ? hoyer_most * (root - one / std::sqrt(two)) / (root - 1) : 0;
    p_of[static_cast<std::size_t>(n)] = static_cast<T>(1 - std::clamp(h, 0.0, hoyer_most));
  }
}

template <class T>
void RobustModel<T>::iterate() {
  const int t = iteration_ + 1;
  if (options_.lambda > 0) {
    const double relaxed = options_.relaxed_start ? 1e-2 * std::pow(0.97, iteration_) : 0;
    const double eta = std::max(options_.eta, relaxed);
    if (eta != eta_) fresh_objective_ = true;
    eta_ = eta;
    if (options_.exponent == Exponent::hoyer && t <= hoyer_until) hoyer();
  }
  const bool learn = options_.exponent == Exponent::learned && options_.lambda > 0 && t >= exponents_from &&
                     (t <= always_until || t % exponents_every == 0);
  pass(true, learn);
  update_endmembers();
  iteration_ = t;
  reweigh();
  note_objective();
}

template <class T>
void RobustModel<T>::note_objective() {
  const auto parts = terms();
  double f = std::accumulate(parts.begin(), parts.end(), 0.0);
  const double allowed = sizeof(T) == sizeof(double) ? 1e-9 : 1e-5;
  if (!fresh_objective_ && f > last_ + allowed * std::abs(last_)) {
    exact_mean_squares();
    u_ = s_.unaryExpr([&](double s) { return c_ * weight(s); });
    f += data_term() - parts[0];
    if (f > last_ + allowed * std::abs(last_)) ++rises_;
  }
  fresh_objective_ = false;
  last_ = f;
  history_.push_back(f);
}

template <class T>
void RobustModel<T>::run(const Monitor& monitor, double from, double to) {
  if (const iso::Checkpoint* resumed = monitor.progress.resumed(); resumed != nullptr && resumed->arrays.contains("E"))
    restore(*resumed);
  if (options_.tolerance > 0) iso::solvers::plot_limit(monitor.progress, "change", options_.tolerance);
  int quiet = 0;
  for (int t = iteration_; t < options_.iterations; ++t) {
    const double before = last_;
    const bool restarted = fresh_objective_;
    iterate();
    if (!std::isfinite(last_))
      throw iso::Error{iso::Errc::invalid_result, "the objective of the unmixing is not finite after " +
                                                      std::to_string(iteration_) + " iterations"};
    monitor.progress.plot("objective", iteration_, last_);
    monitor.report(from + (to - from) * iteration_ / options_.iterations, "unmixing");
    if (!restarted && t > 0 && last_ != 0)
      monitor.progress.plot("change", iteration_, std::abs(before - last_) / std::abs(last_));
    if ((iteration_ == 30 || iteration_ == 60) && reseed(monitor)) continue;
    const bool small = !restarted && std::abs(before - last_) < options_.tolerance * std::abs(last_);
    quiet = small ? quiet + 1 : 0;
    if (quiet >= 5 && eta_ <= options_.eta) break;
    if (rises_ > 1 && options_.exponent != Exponent::hoyer) {
      monitor.progress.log("the objective rose by more than rounding; stopped at iteration " +
                           std::to_string(iteration_));
      break;
    }
    if (monitor.progress.wants_checkpoint()) monitor.progress.keep(state());
  }
}

template <class T>
bool RobustModel<T>::reseed(const Monitor& monitor) {
  if (n_ <= k_) return false;
  for (std::int64_t k = 0; k < k_; ++k) {
    if (options_.frozen[static_cast<std::size_t>(k)] || reseeded_ >= k_) continue;
    bool wrong = aat_(k, k) / static_cast<double>(n_) < vanished_row * vanished_row;
    for (std::int64_t j = 0; j < k && !wrong; ++j) {
      const double norms = e_.col(j).norm() * e_.col(k).norm();
      wrong = !(norms > 0) || std::acos(std::clamp(e_.col(j).dot(e_.col(k)) / norms, -1.0, 1.0)) < duplicate_angle;
    }
    if (!wrong) continue;
    reseed_column(k);
    ++reseeded_;
    monitor.progress.log("endmember " + std::to_string(k + 1) +
                         " had vanished or become a copy of another; it starts again from the pixel that fits worst");
    return true;
  }
  return false;
}

template <class T>
void RobustModel<T>::reseed_column(std::int64_t column) {
  auto& abundances = changed().a;
  std::vector<T> e(static_cast<std::size_t>(l_ * k_)), weights(static_cast<std::size_t>(l_)),
      squares(static_cast<std::size_t>(n_ + pixel_multiple), T{0});
  for (std::int64_t l = 0; l < l_; ++l) {
    weights[static_cast<std::size_t>(l)] = static_cast<T>(u_[l]);
    for (std::int64_t k = 0; k < k_; ++k) e[static_cast<std::size_t>(l * k_ + k)] = static_cast<T>(e_(l, k));
  }
  const Tiles<T> tiles{data_};
  tiles.for_each([&](const typename Tiles<T>::Place& at) {
    std::vector<T> a(static_cast<std::size_t>(k_ * at.tile.pixels), T{0});
    for (std::int64_t k = 0; k < k_; ++k)
      std::copy_n(abundances.data() + k * n_ + at.first, at.counted, a.data() + k * at.tile.pixels);
    kernels<T>().residual(at.tile, e.data(), k_, a.data(), at.tile.pixels, at.counted, weights.data(), nullptr,
                          squares.data() + at.first);
  });
  const auto worst = std::max_element(squares.begin(), squares.begin() + n_) - squares.begin();
  e_.col(column) = data_.spectrum(worst).cwiseMax(1e-4 * scale_);
  e0_.col(column) = e_.col(column);
  for (std::int64_t n = 0; n < n_; ++n)
    abundances[static_cast<std::size_t>(column * n_ + n)] = static_cast<T>(0.1 / static_cast<double>(k_));
  pass(false, false);
  exact_mean_squares();
  u_ = s_.unaryExpr([&](double s) { return c_ * weight(s); });
  fresh_objective_ = true;
}

template <class T>
Vector RobustModel<T>::band_weights() const {
  std::vector<double> sorted(u_.data(), u_.data() + u_.size());
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2), sorted.end());
  const double middle = sorted[sorted.size() / 2];
  return middle > 0 ? Vector{u_ / middle} : u_;
}

template class RobustModel<float>;
template class RobustModel<double>;

}  // namespace spectral_unmixing
