#pragma once

#include "iso/compute/array.h"

#include <cstdint>
#include <vector>

namespace iso::compute {

class Backend;

/// How the abundances A (N pixels, K components) and the exponents p (N) of an unmixing Y ~ E A are updated. With the products
/// B = Y U E, H = E^T U E + mu and the tangent Q = lambda p (A + eta)^(p - 1), row k of A becomes
///
///     exact            max(0, A_k + (B_k + mu - sum_j H_kj A_j - Q_k) / H_kk), one row after the other with the freshest values
///     multiplicative   A_k (B_k + mu)+ / (sum_j H_kj A_j + (B_k + mu)- + Q_k), all rows from the values before
///
/// and p the minimiser of sum_k (A_k + eta)^p + tau p over [p_min, 1].
/// Source   plugins/spectral_unmixing/README.md; its formulas are our completion of F. Zhu et al., arXiv 1409.0685.
struct AbundanceRule {
  std::vector<double> curvature;  ///< H, K x K, rows
  double mu{0}, lambda{0}, eta{1e-4}, tau{0}, p_min{0.3};
  double floor{0};        ///< the least value of A
  bool exact{true};       ///< otherwise multiplicative
  bool abundances{true};  ///< whether A is updated
  bool exponents{false};  ///< whether p is
};

/// What the other steps and the objective need of A and p, in double.
struct AbundanceSums {
  std::vector<double> gram;  ///< A A^T, K x K
  double powers{0};          ///< sum over n and k of (A + eta)^p
  double exponents{0};       ///< sum over n of p
  double defect{0};          ///< sum over n of (1^T a_n - 1)^2
};

/// Steps of unmixing that are no linear operator and go over all pixels. Sums have an order that the shapes alone decide.
/// Errors   shape_mismatch where arrays do not fit each other; invalid_input for a curvature of another size.
class UnmixingSteps {
 public:
  UnmixingSteps() = default;
  UnmixingSteps(const UnmixingSteps&) = delete;
  UnmixingSteps& operator=(const UnmixingSteps&) = delete;
  virtual ~UnmixingSteps();
  /// `products`, `a`: N, K; `p`: N; all of one type, f32 or f64. Waits for the sums.
  [[nodiscard]] virtual AbundanceSums update(const AbundanceRule& rule, const Array& products, Array& a, Array& p,
                                             Stream& stream) const = 0;
  /// The sum of squares of Y - E A of each band. `spectra`: N, L; `endmembers`: L, K; `a`: N, K. Waits for them.
  [[nodiscard]] virtual std::vector<double> band_squares(const Array& spectra, const Array& endmembers, const Array& a,
                                                         Stream& stream) const = 0;
};

/// A back end that has them derives from this too, so that no other back end and no contract changes with a method.
class OffersUnmixingSteps {
 public:
  virtual ~OffersUnmixingSteps();
  [[nodiscard]] virtual const UnmixingSteps& unmixing_steps() const noexcept = 0;
};
/// Null where the back end has none.
[[nodiscard]] const UnmixingSteps* find_unmixing_steps(const Backend& backend) noexcept;

/// For those who implement them. Throw as `UnmixingSteps` says.
void check_update(const AbundanceRule& rule, const Array& products, const Array& a, const Array& p);
void check_band_squares(const Array& spectra, const Array& endmembers, const Array& a);

}  // namespace iso::compute
