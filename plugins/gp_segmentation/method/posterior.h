#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace gp_segmentation {

/// A symmetric matrix or a lower triangle, row after row, in double.
struct Matrix {
  std::size_t n{0};
  std::vector<double> values;
  Matrix() = default;
  explicit Matrix(std::size_t size) : n{size}, values(size * size) {}
  [[nodiscard]] double& operator()(std::size_t i, std::size_t j) { return values[i * n + j]; }
  [[nodiscard]] double operator()(std::size_t i, std::size_t j) const { return values[i * n + j]; }
};

/// L with A + jitter I = L L', `jitter` being doubled from 1e-6 of the mean diagonal to 1e-3 where A + `jitter` I is not
/// positive definite. Errors: invalid_result if even that fails.
[[nodiscard]] Matrix cholesky(const Matrix& a, double jitter = 0);
[[nodiscard]] std::vector<double> solve_lower(const Matrix& l, std::vector<double> b);  ///< L^-1 b
[[nodiscard]] std::vector<double> solve(const Matrix& l, std::vector<double> b);        ///< (L L')^-1 b

/// What is known of the latent function from n clicks: mean mu(x) + sum over i of coefficients_i k(x, x_i), variance
/// k(x, x) - |L^-1 (s o k(x))|^2.
struct Posterior {
  std::vector<double> coefficients;
  std::vector<double> latent;  ///< F at the clicks
  std::vector<double> s;
  Matrix l;
  double log_evidence{0};
  int steps{0};
  bool probit{false};  ///< of the likelihood
};

/// Clicks with their labels y (+1, -1), prior means and weights in the likelihood (1; below for what was not clicked).
struct Evidence {
  std::vector<double> y, mu, weight;
};

/// Laplace's approximation with a logistic likelihood: Newton's method on F = f + mu,
///
///     pi = logistic(F), W = w pi (1 - pi), g = w ((y + 1) / 2 - pi), B = I + sqrt(W) K sqrt(W) = L L', b = W f + g,
///     a = b - sqrt(W) L'^-1 L^-1 sqrt(W) K b, f = K a,
///
/// until max |df| < 1e-9; a step that lowers the objective is halved. The coefficients are g at the end.
/// Source   Rasmussen and Williams, GPML (2006), algorithms 3.1 and 3.2; the prior mean and the weights are *ours*.
[[nodiscard]] Posterior laplace(const Matrix& k, const Evidence& evidence);

/// Expectation propagation with a probit likelihood, the prior mean folded into the cavity mean; sites until their change is
/// below 1e-10, damped by 0.8 when the change does not fall. Source: GPML, algorithms 3.5 and 3.6.
[[nodiscard]] Posterior expectation_propagation(const Matrix& k, const Evidence& evidence);

/// The function through the values 3 y: coefficients (K + 1e-6 I)^-1 (3 y - mu). *Ours*: of a click with a weight w below 1 the
/// diagonal gets 1 / w - 1 more.
[[nodiscard]] Posterior interpolate(const Matrix& k, const Evidence& evidence);

/// Variance at a point with kernel values `to_clicks` to the clicks and `own` to itself; never below 0.
[[nodiscard]] double variance(const Posterior& posterior, std::span<const double> to_clicks, double own);
/// Of the foreground: logistic(F / sqrt(1 + pi v / 8)), or the normal distribution function of F / sqrt(1 + v) for a probit.
[[nodiscard]] double probability(const Posterior& posterior, double mean, double variance);

}  // namespace gp_segmentation
