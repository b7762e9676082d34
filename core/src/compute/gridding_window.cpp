#include "iso/compute/gridding_window.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <ranges>

namespace iso::compute {
namespace {

constexpr std::array oversamplings{1.25, 1.5, 1.75, 2.0};
constexpr int narrowest = 3;

double shape_parameter(int width, double oversampling) {
  const double part = width / oversampling * (oversampling - 0.5);
  return std::numbers::pi * std::sqrt(std::max(part * part - 0.8, 0.1));
}

/// Root of the mean over the voxels of what the copies of the spectrum add to each, relative to it.
double aliasing(const GriddingWindow& window, std::size_t axis) {
  const auto& a = window.axes[axis];
  constexpr int places = 24;
  double sum = 0;
  for (int i = 0; i <= places; ++i) {
    const double f =
        0.5 * static_cast<double>(i) / places * static_cast<double>(a.extent) / static_cast<double>(a.grid);
    const double here = window.transform(axis, f);
    for (int copy = -4; copy <= 4; ++copy)
      if (copy != 0) sum += std::pow(window.transform(axis, f + copy) / here, 2);
  }
  return std::sqrt(sum / (places + 1));
}

GriddingWindow make_window(const std::array<std::int64_t, 3>& image, int width, double oversampling) {
  GriddingWindow window;
  window.width = width;
  window.axes_in_use = image[2] > 1 ? 3 : 2;
  double squares = 0;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    window.axes[axis].extent = image[axis];
    if (axis >= static_cast<std::size_t>(window.axes_in_use)) continue;
    const auto wanted = static_cast<std::int64_t>(std::ceil(oversampling * static_cast<double>(image[axis])));
    const std::int64_t grid = good_grid_size(std::max<std::int64_t>(wanted, 2 * width));
    window.axes[axis].grid = grid;
    window.axes[axis].beta =
        shape_parameter(width, std::max(1.0, static_cast<double>(grid) / static_cast<double>(image[axis])));
    window.axes[axis].peak = std::cyl_bessel_i(0.0, window.axes[axis].beta);
    squares += std::pow(aliasing(window, axis), 2);
  }
  window.expected_error = std::sqrt(squares);
  return window;
}

/// In steps of one row of a window: a point has width^(axes - 1) rows and its weights, a cell its part in the transforms.
double cost(const GriddingWindow& window, std::int64_t points) {
  double cells = 1;
  for (const auto& axis : window.axes) cells *= static_cast<double>(axis.grid);
  const double rows = std::pow(window.width, window.axes_in_use - 1) + 1.5 * window.width + 6;
  return static_cast<double>(points) * rows + cells * 0.3 * std::log2(cells);
}

/// Coefficients of the polynomial of degree n - 1 through n values at the zeros of Chebyshev's polynomial, lowest power first.
std::vector<double> fit(const std::function<double(double)>& function, int n) {
  std::vector<double> chebyshev(static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i) {
    const double angle = std::numbers::pi * (i + 0.5) / n, value = function(std::cos(angle));
    for (int k = 0; k < n; ++k)
      chebyshev[static_cast<std::size_t>(k)] += (k ? 2.0 : 1.0) / n * value * std::cos(k * angle);
  }
  // Sums of T_k = 2 t T_{k-1} - T_{k-2} in powers of t.
  std::vector<double> before(chebyshev.size()), now(chebyshev.size()), sum(chebyshev.size());
  before[0] = 1;
  if (n > 1) now[1] = 1;
  sum[0] = chebyshev[0];
  for (std::size_t k = 1; k < chebyshev.size(); ++k) {
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += chebyshev[k] * now[i];
    std::vector<double> next(sum.size());
    for (std::size_t i = 0; i < sum.size(); ++i) next[i] = (i > 0 ? 2 * now[i - 1] : 0.0) - before[i];
    before = now;
    now = next;
  }
  return sum;
}

double evaluate(const std::vector<double>& powers, double t) {
  double sum = 0;
  for (const double power : std::views::reverse(powers)) sum = sum * t + power;
  return sum;
}

}  // namespace

double GriddingWindow::value(std::size_t axis, double distance) const {
  const double part = 2 * distance / width;
  if (part * part > 1) return 0;
  return std::cyl_bessel_i(0.0, axes[axis].beta * std::sqrt(1 - part * part)) / axes[axis].peak;
}

double GriddingWindow::transform(std::size_t axis, double frequency) const {
  const double beta = axes[axis].beta, turn = std::numbers::pi * width * frequency;
  const double square = beta * beta - turn * turn, s = std::sqrt(std::abs(square));
  double part = 1;
  if (s > 1e-6) part = square > 0 ? std::sinh(s) / s : std::sin(s) / s;
  return width * part / axes[axis].peak;
}

std::vector<double> GriddingWindow::correction(std::size_t axis) const {
  if (axis >= static_cast<std::size_t>(axes_in_use)) return {1.0};
  const auto& a = axes[axis];
  std::vector<double> out;
  out.reserve(static_cast<std::size_t>(a.extent));
  for (std::int64_t r = 0; r < a.extent; ++r) {
    const std::int64_t from_centre = r - a.extent / 2;
    out.push_back(1 / transform(axis, static_cast<double>(from_centre) / static_cast<double>(a.grid)));
  }
  return out;
}

GriddingWindow choose_window(const std::array<std::int64_t, 3>& image, std::int64_t points, double accuracy,
                             int widest) {
  GriddingWindow best, most_exact;
  double least = std::numeric_limits<double>::infinity(), error = least;
  for (const double oversampling : oversamplings)
    for (int width = narrowest; width <= widest; ++width) {
      const GriddingWindow window = make_window(image, width, oversampling);
      if (window.expected_error < error) error = window.expected_error, most_exact = window;
      // The rest is left to roundings and to polynomials.
      if (window.expected_error > 0.7 * accuracy || cost(window, points) >= least) continue;
      least = cost(window, points);
      best = window;
    }
  return std::isfinite(least) ? best : most_exact;
}

WindowPolynomials window_polynomials(const GriddingWindow& window, double rounding) {
  const double enough = std::max(0.05 * window.expected_error, rounding), reach = 0.5 * window.width;
  const auto width = static_cast<std::size_t>(window.width);
  WindowPolynomials out;
  for (out.terms = 4; out.terms <= 24; ++out.terms) {
    double error = 0;
    for (std::size_t axis = 0; axis < static_cast<std::size_t>(window.axes_in_use); ++axis) {
      out.coefficients[axis].assign(static_cast<std::size_t>(out.terms) * width, 0.0);
      for (int j = 0; j < window.width; ++j) {
        const auto weight = [&](double t) {
          return window.value(axis, std::clamp(j + 0.5 * (t + 1) - reach, -reach, reach));
        };
        const std::vector<double> powers = fit(weight, out.terms);
        for (int d = 0; d < out.terms; ++d)
          out.coefficients[axis][static_cast<std::size_t>(d) * width + static_cast<std::size_t>(j)] =
              powers[static_cast<std::size_t>(d)];
        for (int i = 0; i <= 10; ++i) {
          const double t = 0.2 * i - 1;
          error = std::max(error, std::abs(evaluate(powers, t) - weight(t)));
        }
      }
    }
    if (error < enough) return out;
  }
  out.terms = 24;
  return out;
}

std::int64_t good_grid_size(std::int64_t n) {
  for (std::int64_t size = n + n % 2;; size += 2) {
    std::int64_t rest = size;
    for (const std::int64_t factor : {2, 3, 5, 7})
      while (rest % factor == 0 && rest > 1) rest /= factor;
    if (rest == 1) return size;
  }
}

}  // namespace iso::compute
