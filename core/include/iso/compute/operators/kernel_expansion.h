#pragma once

#include "iso/compute/array.h"
#include "iso/compute/operator_spec.h"
#include "iso/data/pixels.h"
#include "iso/geometry/vec3.h"

#include <cstdint>
#include <vector>

namespace iso::compute {

/// A centre of a kernel expansion: the features there, and the place in the frame of the grid, whose first voxel is at 0.
struct KernelCentre {
  std::vector<double> features;
  Vec3 place_mm{};
};

/// The sum of positive-definite kernels that an expansion is made of. With features a and places p,
///
///     k(x, x') = product exp(-|a - a'|^2 / 2) R(|p - p'| / reach)  +  footprint R(|p - p'| / width)
///                + everywhere exp(-|a - a'|^2 / 2),      R(t) = exp(-t^2 / 2) for t <= cut, else 0.
///
/// *Ours*: the cut, which lets whole rows be left out; exp(-cut^2 / 2) is 2.7e-7.
struct KernelScales {
  double product{16}, reach_mm{40};
  double footprint{4}, width_mm{4};
  double everywhere{0};
  static constexpr double cut = 5.5;
  friend bool operator==(const KernelScales&, const KernelScales&) = default;
};

/// Values of a Gaussian-process mean on a grid: coefficients of n centres to f(x) = sum over i of c_i k(x, x_i), x every
/// voxel. Its adjoint sums each kernel times a field. In voxels outside of every reach f is exactly 0.
/// Source   C. E. Rasmussen and C. K. I. Williams, Gaussian Processes for Machine Learning (2006), eq. 2.27 and 4.9.
struct KernelExpansion {
  static constexpr std::string_view name = "kernel expansion";
  static constexpr Values values = Values::real;
  Shape grid;  ///< x, y, z
  Vec3 spacing_mm{1, 1, 1};
  std::int64_t planes{0};  ///< features a voxel, divided by their length scales
  Pixels features{};  ///< x, y, z, feature; of `type`. May be empty where `resident` is there, or to ask for the cost
  Array resident{};   ///< the same on the back end already, so that making the operator moves nothing
  std::vector<KernelCentre> centres;
  KernelScales scales{};
  ScalarType type{ScalarType::f32};

  [[nodiscard]] ArraySpec feature_spec() const { return {{grid[0], grid[1], grid[2], planes}, type}; }
  [[nodiscard]] ArraySpec domain() const { return {Shape{static_cast<std::int64_t>(centres.size())}, type}; }
  [[nodiscard]] ArraySpec range() const { return {grid, type}; }
  [[nodiscard]] static Magnitude magnitude() { return {Magnitude::Rule::non_negative, 0, 0}; }
  /// Throws invalid_input: no centre, a grid that is not in space, scales that are no kernel; shape_mismatch: features of
  /// another shape or type.
  void check() const;
  /// What a back end asks before it makes one. Throws invalid_input: neither `features` nor `resident`.
  void expect_features() const;
};

/// k(a, b) in double: what the systems of a Gaussian process are made of.
[[nodiscard]] double kernel(const KernelScales& scales, const KernelCentre& a, const KernelCentre& b) noexcept;

}  // namespace iso::compute
