#pragma once

#include "method/bounds.h"

namespace certification {

/// The bounds of one network: of the share of class A from below and of a competitor B from above, and the noise that they hold at.
struct Margin {
  double a{0};      ///< q(p_A), q the inverse of Phi
  double b{0};      ///< q(u_B); looked at by the multi-class forms alone
  double sigma{1};  ///< > 0
};

/// The l2 radius within which the answer A of a smoothed classifier stays; negative or zero: none.

/// R = sigma a   (Cohen, Rosenfeld and Kolter, ICML 2019, theorem 1 with p_B = 1 - p_A).
[[nodiscard]] double one_vs_rest(const Margin& only) noexcept;
/// R = sigma (a - b) / 2   (the same theorem).
[[nodiscard]] double multi_class(const Margin& only) noexcept;

/// R = (a_l + a_r) / sqrt(1 / sigma_l^2 + 1 / sigma_r^2), signed: a half with a share below one half lowers the sum and is not clipped
/// (Xia, Yu, Jiang and Ding, ICLR 2024, for equal sigma and positive terms; unequal sigma and signs are our completion).
[[nodiscard]] double one_vs_rest(const Margin& left, const Margin& right) noexcept;

/// The largest rho such that Phi(a_l - t_l) - Phi(b_l + t_l) + Phi(a_r - t_r) - Phi(b_r + t_r) > 0 wherever
/// sigma_l^2 t_l^2 + sigma_r^2 t_r^2 <= rho^2, less 1e-6 (our completion). Never below the one above for the same bounds and u = 1 - p.
/// Zero if there is no margin at the image itself.
[[nodiscard]] double multi_class(const Margin& left, const Margin& right) noexcept;

}  // namespace certification
