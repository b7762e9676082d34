#pragma once

#include "iso/solvers/functional.h"

/// The functionals that the public header makes.
namespace iso::solvers::detail {

/// weight/2 ‖x - b‖²
class SquaredDistance final : public Functional {
 public:
  SquaredDistance(compute::Array b, double weight);
  [[nodiscard]] double value(const compute::Array& x, compute::Stream& stream) const override;
  void prox(double step, compute::Array& x, compute::Stream& stream) const override;
  void prox_conjugate(double step, compute::Array& x, compute::Stream& stream) const override;
  [[nodiscard]] bool elementwise() const noexcept override { return true; }
  void prox(const compute::Array& steps, compute::Array& x, compute::Stream& stream) const override;
  void prox_conjugate(const compute::Array& steps, compute::Array& x, compute::Stream& stream) const override;
  [[nodiscard]] const compute::Array* data() const noexcept override { return &b_; }
  [[nodiscard]] double value_at_distance(double distance) const override;
  [[nodiscard]] FunctionalPtr weighted(double weight) const override;

 private:
  compute::Array b_;
  double weight_;
};

/// 0 where ‖x - centre‖ <= radius, infinite elsewhere.
class L2Ball final : public Functional {
 public:
  L2Ball(compute::Array centre, double radius);
  [[nodiscard]] double value(const compute::Array& x, compute::Stream& stream) const override;
  void prox(double step, compute::Array& x, compute::Stream& stream) const override;
  [[nodiscard]] bool constraint() const noexcept override { return true; }
  [[nodiscard]] const compute::Array* data() const noexcept override { return &centre_; }
  [[nodiscard]] double value_at_distance(double distance) const override;

 private:
  compute::Array centre_;
  double radius_;
};

/// 0 where low <= x <= high, infinite elsewhere.
class Box final : public Functional {
 public:
  Box(double low, double high);
  [[nodiscard]] double value(const compute::Array& x, compute::Stream& stream) const override;
  void prox(double step, compute::Array& x, compute::Stream& stream) const override;
  [[nodiscard]] bool elementwise() const noexcept override { return true; }
  void prox(const compute::Array& steps, compute::Array& x, compute::Stream& stream) const override;
  void prox_conjugate(const compute::Array& steps, compute::Array& x, compute::Stream& stream) const override;
  [[nodiscard]] bool constraint() const noexcept override { return true; }

 private:
  double low_, high_;
};

/// weight times the sum of the lengths of the vectors on the last axis, or of the absolute values.
class Lengths final : public Functional {
 public:
  Lengths(double weight, bool vectors);
  [[nodiscard]] double value(const compute::Array& x, compute::Stream& stream) const override;
  void prox(double step, compute::Array& x, compute::Stream& stream) const override;
  void prox_conjugate(double step, compute::Array& x, compute::Stream& stream) const override;
  [[nodiscard]] bool elementwise() const noexcept override { return true; }
  void prox(const compute::Array& steps, compute::Array& x, compute::Stream& stream) const override;
  void prox_conjugate(const compute::Array& steps, compute::Array& x, compute::Stream& stream) const override;
  [[nodiscard]] FunctionalPtr weighted(double weight) const override;

 private:
  [[nodiscard]] Shape shape(const compute::Array& x) const;
  double weight_;
  bool vectors_;
};

/// ‖x - centre‖; one array of scratch.
[[nodiscard]] double distance(const compute::Array& x, const compute::Array& centre, compute::Stream& stream);

}  // namespace iso::solvers::detail
