#pragma once

#include <cstdint>

namespace certification {

/// A probability with its complement, each to full relative precision, so that neither 1 - p near 1 nor p near 0 loses digits.
struct Share {
  double p{0}, complement{1};
};

/// Phi, and its inverse from the smaller of the two tails. Relative error below 1e-13.
[[nodiscard]] double normal_cdf(double x) noexcept;
[[nodiscard]] double normal_quantile(const Share& share) noexcept;  ///< -inf at p = 0, +inf at complement = 0
[[nodiscard]] inline double normal_quantile(double p) noexcept { return normal_quantile(Share{p, 1 - p}); }

/// I_x(a, b), the regularised incomplete beta function, by its continued fraction (Lentz).
[[nodiscard]] double incomplete_beta(double a, double b, double x) noexcept;

/// One-sided bound of Clopper and Pearson for k of n: a probability that the true share is at least (at most) this, of 1 - alpha.
/// Source   C. Clopper and E. Pearson, Biometrika 26 (1934) 404. low = BetaInv(alpha; k, n - k + 1), rounded down by 1e-12.
/// Valid for one n that was fixed beforehand.
[[nodiscard]] Share lower_bound(std::int64_t k, std::int64_t n, double alpha) noexcept;
[[nodiscard]] Share upper_bound(std::int64_t k, std::int64_t n, double alpha) noexcept;

/// Likewise valid at every n at once: the smallest p below k/n that the martingale of the uniform mixture does not exclude,
/// ln B(k + 1, n - k + 1) - k ln p - (n - k) ln(1 - p) < ln(1 / alpha)   (Ville's inequality).
[[nodiscard]] Share lower_bound_any_time(std::int64_t k, std::int64_t n, double alpha) noexcept;
[[nodiscard]] Share upper_bound_any_time(std::int64_t k, std::int64_t n, double alpha) noexcept;

/// Level of each of `bounds` independent bounds that hold together with probability 1 - alpha: 1 - (1 - alpha)^(1 / bounds).
[[nodiscard]] double joint_level(double alpha, int bounds) noexcept;

/// What the cut tails of Box and Muller with 32-bit words can change in a probability, doubled: 2 d Pr[|z| > 6.7637] for d values.
[[nodiscard]] double tail_allowance(std::int64_t values) noexcept;

}  // namespace certification
