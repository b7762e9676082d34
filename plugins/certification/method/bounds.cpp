#include "method/bounds.h"

#include <iso/compute/smoothing_noise.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace certification {
namespace {

constexpr double round_down = 1e-12;

double log_beta(double a, double b) noexcept { return std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b); }

/// ln Phi(x) and its derivative phi / Phi, for x <= 0.
struct LogTail {
  double value, slope;
};
LogTail log_tail(double x) noexcept {
  const double phi = std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
  const double tail = std::erfc(-x / std::numbers::sqrt2) / 2;
  return {std::log(tail), phi / tail};
}

/// Phi^-1(p) for p <= 1/2. ln Phi is concave and the start lies below the root, so that Newton's steps never pass it.
double lower_quantile(double p) noexcept {
  if (p <= 0) return -std::numeric_limits<double>::infinity();
  const double wanted = std::log(p);
  double x = -std::sqrt(-2 * wanted);
  for (int i = 0; i < 60; ++i) {
    const LogTail here = log_tail(x);
    const double by = (wanted - here.value) / here.slope;
    x += by;
    if (std::abs(by) <= 4e-16 * std::abs(x) + 1e-300) break;
  }
  return x;
}

double continued_fraction(double a, double b, double x) noexcept {
  constexpr double tiny = 1e-300;
  double c = 1, d = 1 - (a + b) * x / (a + 1);
  d = 1 / (std::abs(d) < tiny ? tiny : d);
  double h = d;
  for (int m = 1; m < 100000; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 + even * d;
    c = 1 + even / c;
    d = 1 / (std::abs(d) < tiny ? tiny : d);
    c = std::abs(c) < tiny ? tiny : c;
    h *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 + odd * d;
    c = 1 + odd / c;
    d = 1 / (std::abs(d) < tiny ? tiny : d);
    c = std::abs(c) < tiny ? tiny : c;
    h *= d * c;
    if (std::abs(d * c - 1) < 1e-16) break;
  }
  return h;
}

/// The x in (low, high) where `rises(x)` becomes true; 200 halvings end long before where low and high are neighbours.
template <class Rises>
double bisect(double low, double high, const Rises& rises) noexcept {
  for (int i = 0; i < 200; ++i) {
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    (rises(middle) ? high : low) = middle;
  }
  return low;
}

/// Of a share whose true value is at least `share` and which is then rounded down.
Share rounded_down(Share share) noexcept {
  share.p = std::max(0.0, share.p - round_down);
  share.complement = std::min(1.0, share.complement + round_down);
  return share;
}

Share flipped(const Share& share) noexcept { return {share.complement, share.p}; }

}  // namespace

double normal_cdf(double x) noexcept { return std::erfc(-x / std::numbers::sqrt2) / 2; }

double normal_quantile(const Share& share) noexcept {
  return share.p <= share.complement ? lower_quantile(share.p) : -lower_quantile(share.complement);
}

double incomplete_beta(double a, double b, double x) noexcept {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double front = std::exp(a * std::log(x) + b * std::log1p(-x) - log_beta(a, b));
  if (x < (a + 1) / (a + b + 2)) return front * continued_fraction(a, b, x) / a;
  return 1 - front * continued_fraction(b, a, 1 - x) / b;
}

Share lower_bound(std::int64_t k, std::int64_t n, double alpha) noexcept {
  if (k <= 0 || n <= 0) return {};
  const auto a = static_cast<double>(k), b = static_cast<double>(n - k + 1);
  if (k == n) {
    const double log_p = std::log(alpha) / a;
    return rounded_down({std::exp(log_p), -std::expm1(log_p)});
  }
  if (2 * k < n) {
    const double p = bisect(0, 1, [&](double x) { return incomplete_beta(a, b, x) > alpha; });
    return rounded_down({p, 1 - p});
  }
  // I_x(a, b) > alpha where I_(1 - x)(b, a) < 1 - alpha: searched for the complement, which is the small one.
  const double q = bisect(0, 1, [&](double y) { return incomplete_beta(b, a, y) >= 1 - alpha; });
  return rounded_down({1 - q, q});
}

Share upper_bound(std::int64_t k, std::int64_t n, double alpha) noexcept {
  return flipped(lower_bound(n - k, n, alpha));
}

Share lower_bound_any_time(std::int64_t k, std::int64_t n, double alpha) noexcept {
  if (k <= 0 || n <= 0) return {};
  const auto hits = static_cast<double>(k), misses = static_cast<double>(n - k);
  const double evidence = log_beta(hits + 1, misses + 1) - std::log(1 / alpha);
  // In the complement q = 1 - p, which is the small one where the bound matters; the bound rises with falling q.
  const auto kept = [&](double q) {
    return evidence - hits * std::log1p(-q) - (misses > 0 ? misses * std::log(q) : 0.0) < 0;
  };
  const double best = misses / (hits + misses);
  double low = best, high = 1;
  for (int i = 0; i < 200; ++i) {
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    (kept(middle) ? low : high) = middle;
  }
  return rounded_down({1 - high, high});
}

Share upper_bound_any_time(std::int64_t k, std::int64_t n, double alpha) noexcept {
  return flipped(lower_bound_any_time(n - k, n, alpha));
}

double joint_level(double alpha, int bounds) noexcept {
  return -std::expm1(std::log1p(-alpha) / static_cast<double>(bounds));
}

double tail_allowance(std::int64_t values) noexcept {
  return 2 * static_cast<double>(values) * std::erfc(iso::compute::largest_normal / std::numbers::sqrt2);
}

}  // namespace certification
