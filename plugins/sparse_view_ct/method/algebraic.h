#pragma once

#include "method/problem.h"

namespace sparse_view_ct {

struct SartOptions {
  std::int64_t subsets{0};  ///< 0: one view a subset (SART); otherwise OS-SART
  int iterations{10};
  double relaxation{0.5};
  double relative_tolerance{0};
  double low{0}, high{0};  ///< box, used where `bounded`
  bool bounded{true};
  bool from_fbp{false};
};

/// The simultaneous algebraic reconstruction technique over ordered subsets.
///
/// For subset s with projector A_s and readings p_s
///     x <- P( x + relaxation C A_s^T R_s (p_s - A_s x) ),
/// R_s the reciprocal row sums, C the reciprocal of the largest column sum of a subset, P the projection on the box. Subset s
/// holds the views s, s + S, s + 2S, ...; they are visited by steps of about 0.382 S, so that neighbours in time are far
/// apart in angle (our completion).
/// Source   A. Andersen and A. Kak, Ultrason. Imaging 6 (1984) 81; G. Wang and M. Jiang, J. X-Ray Sci. Tech. 12 (2004) 169.
[[nodiscard]] iso::compute::Array sart(const Problem& problem, const SartOptions& options, const Watch& watch);

/// Order in which S subsets are visited: a permutation of 0 ... S-1 that starts with 0.
[[nodiscard]] std::vector<std::int64_t> visiting_order(std::int64_t subsets);

struct CglsMethodOptions {
  int iterations{30};
  double l2{0};  ///< relative to the largest column sum times row sum, so that it has no unit
  double relative_tolerance{0};
  bool stop_at_noise{true};  ///< discrepancy rule: ends where the residual is down to `noise_factor` noise
  double noise_factor{1};
};

/// min |A x - p|^2 + l2 |A|_1 |A|_inf |x|^2 by conjugate gradients, from zero. Without l2 the number of iterations regularises:
/// the discrepancy rule of Morozov ends them where |A x - p| <= noise_factor sigma sqrt(n), sigma the noise level of the readings.
/// Source   M. Hestenes and E. Stiefel, J. Res. NBS 49 (1952) 409; V. Morozov, Soviet Math. Dokl. 7 (1966) 414.
[[nodiscard]] iso::compute::Array cgls(const Problem& problem, const CglsMethodOptions& options, const Watch& watch);

}  // namespace sparse_view_ct
