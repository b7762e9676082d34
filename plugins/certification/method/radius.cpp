#include "method/radius.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace certification {
namespace {

constexpr int angles = 512, halvings = 60, refinements = 40;
constexpr double safety = 1e-6;

double kept(const Margin& half, double t) noexcept { return normal_cdf(half.a - t) - normal_cdf(half.b + t); }

/// The margin that is left at that distance in the direction of an angle between the halves.
double margin(const Margin& left, const Margin& right, double rho, double angle) noexcept {
  return kept(left, rho * std::cos(angle) / left.sigma) + kept(right, rho * std::sin(angle) / right.sigma);
}

/// The least margin on the arc: the margin falls with both shifts, so that nothing within it is lower.
double least_margin(const Margin& left, const Margin& right, double rho) noexcept {
  constexpr double quarter = std::numbers::pi / 2, spacing = quarter / (angles - 1);
  int best = 0;
  double least = margin(left, right, rho, 0);
  for (int i = 1; i < angles; ++i)
    if (const double here = margin(left, right, rho, i * spacing); here < least) least = here, best = i;
  // Golden section between the neighbours of the lowest.
  const double golden = (std::sqrt(5.0) - 1) / 2;
  double low = std::max(0.0, (best - 1) * spacing), high = std::min(quarter, (best + 1) * spacing);
  for (int i = 0; i < refinements; ++i) {
    const double one = high - golden * (high - low), two = low + golden * (high - low);
    const double at_one = margin(left, right, rho, one), at_two = margin(left, right, rho, two);
    least = std::min({least, at_one, at_two});
    (at_one < at_two ? high : low) = at_one < at_two ? two : one;
  }
  return least;
}

}  // namespace

double one_vs_rest(const Margin& only) noexcept { return only.sigma * only.a; }

double multi_class(const Margin& only) noexcept { return only.sigma * (only.a - only.b) / 2; }

double one_vs_rest(const Margin& left, const Margin& right) noexcept {
  return (left.a + right.a) / std::hypot(1 / left.sigma, 1 / right.sigma);
}

double multi_class(const Margin& left, const Margin& right) noexcept {
  if (!(kept(left, 0) + kept(right, 0) > 0)) return 0;
  double low = 0, high = std::max(left.sigma, right.sigma);
  while (least_margin(left, right, high) > 0 && high < 1e6) low = high, high *= 2;
  for (int i = 0; i < halvings; ++i) {
    const double middle = (low + high) / 2;
    (least_margin(left, right, middle) > 0 ? low : high) = middle;
  }
  return std::max(0.0, low - safety);
}

}  // namespace certification
