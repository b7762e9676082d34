#pragma once

#include "iso/compute/backend.h"

#include <limits>
#include <memory>
#include <vector>

namespace iso::solvers {

class Functional;
using FunctionalPtr = std::shared_ptr<const Functional>;

/// A convex functional whose proximal map is known: what stands beside a linear operator in FISTA, ADMM and PDHG.
class Functional {
 public:
  virtual ~Functional();
  /// F(x); infinite constraints count as 0 where they hold to 1e-6.
  [[nodiscard]] virtual double value(const compute::Array& x, compute::Stream& stream) const = 0;
  /// x <- argmin_z F(z) + ‖z - x‖² / (2 step)
  virtual void prox(double step, compute::Array& x, compute::Stream& stream) const = 0;
  /// x <- prox of step F*, by Moreau's identity unless a functional knows better.
  virtual void prox_conjugate(double step, compute::Array& x, compute::Stream& stream) const;
  /// Whether prox is known for a step of its own for every element (diagonal preconditioning), and those maps.
  [[nodiscard]] virtual bool elementwise() const noexcept { return false; }
  virtual void prox(const compute::Array& steps, compute::Array& x,
                    compute::Stream& stream) const;  ///< throws unsupported
  virtual void prox_conjugate(const compute::Array& steps, compute::Array& x,
                              compute::Stream& stream) const;  ///< throws unsupported

  /// 0 or infinite: no part of an objective that is reported.
  [[nodiscard]] virtual bool constraint() const noexcept { return false; }
  /// What x is compared with, if F is a function of the distance to it; null otherwise.
  [[nodiscard]] virtual const compute::Array* data() const noexcept { return nullptr; }
  /// F at that distance from `data()`, for a solver that has measured it already. Throws unsupported without data.
  [[nodiscard]] virtual double value_at_distance(double distance) const;
  /// The same functional with this weight instead of its own. Throws unsupported where there is none (constraints).
  [[nodiscard]] virtual FunctionalPtr weighted(double weight) const;
};

[[nodiscard]] FunctionalPtr squared_distance(compute::Array b, double weight = 1);  ///< weight/2 ‖x - b‖²
[[nodiscard]] FunctionalPtr l1_norm(double weight);                                 ///< weight ‖x‖₁
/// weight times the sum over points of the Euclidean length of the vector on the last axis: isotropic total variation
/// of a gradient. With steps of their own, those of one vector must be equal.
[[nodiscard]] FunctionalPtr vector_l1_norm(double weight);
[[nodiscard]] FunctionalPtr box(double low, double high);                   ///< 0 inside, infinite outside
[[nodiscard]] FunctionalPtr l2_ball(compute::Array centre, double radius);  ///< 0 where ‖x - centre‖ <= radius

}  // namespace iso::solvers
