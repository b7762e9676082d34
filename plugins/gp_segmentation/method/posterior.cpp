#include "method/posterior.h"

#include <iso/base/error.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace gp_segmentation {
namespace {

double logistic(double x) { return 1 / (1 + std::exp(-x)); }
double log_sum(double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }  // log(1 + e^x)
double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }
/// phi(x) / Phi(x), by its asymptote where Phi underflows.
double inverse_mills(double x) {
  if (x < -30) return -x - 1 / x;
  return std::exp(-x * x / 2) / (std::sqrt(2 * std::numbers::pi) * normal_cdf(x));
}

std::vector<double> multiply(const Matrix& a, const std::vector<double>& x) {
  std::vector<double> y(a.n, 0);
  for (std::size_t i = 0; i < a.n; ++i)
    for (std::size_t j = 0; j < a.n; ++j) y[i] += a(i, j) * x[j];
  return y;
}

bool factor(const Matrix& a, double jitter, Matrix& l) {
  l = Matrix{a.n};
  for (std::size_t j = 0; j < a.n; ++j) {
    for (std::size_t i = j; i < a.n; ++i) {
      double sum = a(i, j) + (i == j ? jitter : 0);
      for (std::size_t k = 0; k < j; ++k) sum -= l(i, k) * l(j, k);
      if (i == j && !(sum > 0)) return false;
      l(i, j) = i == j ? std::sqrt(sum) : sum / l(j, j);
    }
  }
  return true;
}

/// I + s s' o K
Matrix scaled_system(const Matrix& k, const std::vector<double>& s) {
  Matrix b{k.n};
  for (std::size_t i = 0; i < k.n; ++i)
    for (std::size_t j = 0; j < k.n; ++j) b(i, j) = s[i] * k(i, j) * s[j] + (i == j ? 1 : 0);
  return b;
}

std::vector<double> times(const std::vector<double>& a, std::vector<double> b) {
  for (std::size_t i = 0; i < a.size(); ++i) b[i] *= a[i];
  return b;
}

/// b - s o B^-1 (s o K b), so that K times it is the next f.
std::vector<double> newton_coefficients(const Matrix& k, const Matrix& l, const std::vector<double>& s,
                                        const std::vector<double>& b) {
  const std::vector<double> solved = solve(l, times(s, multiply(k, b)));
  std::vector<double> a = b;
  for (std::size_t i = 0; i < a.size(); ++i) a[i] -= s[i] * solved[i];
  return a;
}

/// -a'f/2 - sum w log(1 + exp(-y F))
double objective(const Evidence& e, const std::vector<double>& a, const std::vector<double>& f) {
  double value = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    value -= 0.5 * a[i] * f[i] + e.weight[i] * log_sum(-e.y[i] * (f[i] + e.mu[i]));
  return value;
}

}  // namespace

Matrix cholesky(const Matrix& a, double jitter) {
  Matrix l;
  if (factor(a, jitter, l)) return l;
  double trace = 0;
  for (std::size_t i = 0; i < a.n; ++i) trace += a(i, i);
  const double mean = trace / static_cast<double>(std::max<std::size_t>(a.n, 1));
  for (double more = 1e-6; more <= 2e-3; more *= 2)
    if (factor(a, jitter + more * mean, l)) return l;
  throw iso::Error{iso::Errc::invalid_result, "the kernel matrix of the clicks is not positive definite",
                   "report this with the file of the clicks"};
}

std::vector<double> solve_lower(const Matrix& l, std::vector<double> b) {
  for (std::size_t i = 0; i < l.n; ++i) {
    for (std::size_t k = 0; k < i; ++k) b[i] -= l(i, k) * b[k];
    b[i] /= l(i, i);
  }
  return b;
}

std::vector<double> solve(const Matrix& l, std::vector<double> b) {
  b = solve_lower(l, std::move(b));
  for (std::size_t i = l.n; i-- > 0;) {
    for (std::size_t k = i + 1; k < l.n; ++k) b[i] -= l(k, i) * b[k];
    b[i] /= l(i, i);
  }
  return b;
}

Posterior laplace(const Matrix& k, const Evidence& e) {
  constexpr int most_steps = 100;
  const std::size_t n = k.n;
  Posterior found;
  std::vector<double> f(n, 0), a(n, 0), s(n), b(n);
  double best = objective(e, a, f);
  const auto curve = [&] {  // s = sqrt W and b = W f + g at the present f
    for (std::size_t i = 0; i < n; ++i) {
      const double pi = logistic(f[i] + e.mu[i]), w = e.weight[i] * pi * (1 - pi);
      s[i] = std::sqrt(w);
      b[i] = w * f[i] + e.weight[i] * ((e.y[i] + 1) / 2 - pi);
    }
    return cholesky(scaled_system(k, s));
  };
  for (found.steps = 0; found.steps < most_steps; ++found.steps) {
    const std::vector<double> target = newton_coefficients(k, curve(), s, b);
    double step = 1, moved = 0;
    for (int halvings = 0; halvings < 30; ++halvings, step /= 2) {
      std::vector<double> next = a;
      for (std::size_t i = 0; i < n; ++i) next[i] += step * (target[i] - a[i]);
      const std::vector<double> there = multiply(k, next);
      const double value = objective(e, next, there);
      if (value < best - 1e-12 * std::abs(best)) continue;
      for (std::size_t i = 0; i < n; ++i) moved = std::max(moved, std::abs(there[i] - f[i]));
      f = there, a = std::move(next), best = value;
      break;
    }
    if (moved < 1e-9) break;
  }
  found.l = curve();
  found.s = s;
  found.log_evidence = best;
  for (std::size_t i = 0; i < n; ++i) {
    found.log_evidence -= std::log(found.l(i, i));
    found.coefficients.push_back(e.weight[i] * ((e.y[i] + 1) / 2 - logistic(f[i] + e.mu[i])));
    found.latent.push_back(f[i] + e.mu[i]);
  }
  return found;
}

Posterior expectation_propagation(const Matrix& k, const Evidence& e) {
  constexpr int most_sweeps = 200;
  const std::size_t n = k.n;
  Posterior found;
  found.probit = true;
  std::vector<double> tau(n, 0), nu(n, 0), s(n, 0);
  double damping = 1, before = 1e300;
  // Moments of f given the sites: Sigma = K - K s B^-1 s K, mean = Sigma nu.
  const auto moments = [&](std::size_t i, double& mean, double& spread) {
    std::vector<double> row(n);
    for (std::size_t j = 0; j < n; ++j) row[j] = k(i, j);
    const std::vector<double> half = solve_lower(found.l, times(s, row));
    spread = k(i, i);
    for (const double h : half) spread -= h * h;
    mean = 0;
    for (std::size_t j = 0; j < n; ++j) mean += row[j] * found.coefficients[j];
  };
  const auto refresh = [&] {
    for (std::size_t i = 0; i < n; ++i) s[i] = std::sqrt(tau[i]);
    found.l = cholesky(scaled_system(k, s));
    found.coefficients = newton_coefficients(k, found.l, s, nu);
  };
  refresh();
  for (found.steps = 0; found.steps < most_sweeps; ++found.steps) {
    double change = 0;
    for (std::size_t i = 0; i < n; ++i) {
      double mean = 0, spread = 0;
      moments(i, mean, spread);
      const double cavity_tau = 1 / spread - tau[i], cavity_nu = mean / spread - nu[i];
      if (!(cavity_tau > 0)) continue;
      const double cavity_mean = cavity_nu / cavity_tau + e.mu[i], cavity_variance = 1 / cavity_tau;
      const double root = std::sqrt(1 + cavity_variance), z = e.y[i] * cavity_mean / root, ratio = inverse_mills(z);
      const double tilted_mean = cavity_mean + e.y[i] * cavity_variance * ratio / root - e.mu[i];
      const double tilted_variance =
          cavity_variance - cavity_variance * cavity_variance * ratio * (z + ratio) / (1 + cavity_variance);
      // A site of weight w is that power of the likelihood, to first order.
      const double new_tau = e.weight[i] * std::max(1 / tilted_variance - cavity_tau, 0.0);
      const double new_nu = e.weight[i] * (tilted_mean / tilted_variance - cavity_nu);
      change = std::max({change, std::abs(new_tau - tau[i]), std::abs(new_nu - nu[i])});
      tau[i] += damping * (new_tau - tau[i]);
      nu[i] += damping * (new_nu - nu[i]);
      refresh();
    }
    if (change < 1e-10) break;
    if (change >= before) damping = 0.8;
    before = change;
  }
  found.s = s;
  for (std::size_t i = 0; i < n; ++i) {
    double mean = 0, spread = 0;
    moments(i, mean, spread);
    found.latent.push_back(mean + e.mu[i]);
  }
  return found;
}

Posterior interpolate(const Matrix& k, const Evidence& e) {
  constexpr double target = 3, noise = 1e-6;
  Matrix with_weights = k;
  std::vector<double> residual(k.n);
  for (std::size_t i = 0; i < k.n; ++i) {
    with_weights(i, i) += 1 / e.weight[i] - 1;
    residual[i] = target * e.y[i] - e.mu[i];
  }
  Posterior found;
  found.l = cholesky(with_weights, noise);
  found.coefficients = solve(found.l, residual);
  found.s.assign(k.n, 1);
  found.latent = multiply(k, found.coefficients);
  for (std::size_t i = 0; i < k.n; ++i) found.latent[i] += e.mu[i];
  found.steps = 1;
  return found;
}

double variance(const Posterior& posterior, std::span<const double> to_clicks, double own) {
  std::vector<double> scaled(to_clicks.begin(), to_clicks.end());
  for (std::size_t i = 0; i < scaled.size(); ++i) scaled[i] *= posterior.s[i];
  double left = own;
  for (const double h : solve_lower(posterior.l, std::move(scaled))) left -= h * h;
  return std::max(left, 0.0);
}

double probability(const Posterior& posterior, double mean, double variance) {
  if (posterior.probit) return normal_cdf(mean / std::sqrt(1 + variance));
  return logistic(mean / std::sqrt(1 + std::numbers::pi * variance / 8));
}

}  // namespace gp_segmentation
