#pragma once

#include <array>
#include <cmath>

namespace iso {

using Vec3 = std::array<double, 3>;
using Mat3 = std::array<double, 9>;  ///< row-major; columns are the axis directions

inline constexpr Mat3 identity3{1, 0, 0, 0, 1, 0, 0, 0, 1};

[[nodiscard]] constexpr Vec3 add(const Vec3& a, const Vec3& b) noexcept {
  return {a[0] + b[0], a[1] + b[1], a[2] + b[2]};
}
[[nodiscard]] constexpr Vec3 subtract(const Vec3& a, const Vec3& b) noexcept {
  return {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
}
[[nodiscard]] constexpr Vec3 scale(double factor, const Vec3& a) noexcept {
  return {factor * a[0], factor * a[1], factor * a[2]};
}
/// a + factor b
[[nodiscard]] constexpr Vec3 add_scaled(const Vec3& a, double factor, const Vec3& b) noexcept {
  return {a[0] + factor * b[0], a[1] + factor * b[1], a[2] + factor * b[2]};
}
[[nodiscard]] constexpr double dot(const Vec3& a, const Vec3& b) noexcept {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
[[nodiscard]] constexpr Vec3 cross(const Vec3& a, const Vec3& b) noexcept {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
[[nodiscard]] inline double norm(const Vec3& a) noexcept { return std::sqrt(dot(a, a)); }
/// a / |a|; not finite for a = 0.
[[nodiscard]] inline Vec3 normalize(const Vec3& a) noexcept { return scale(1.0 / norm(a), a); }
[[nodiscard]] inline bool is_finite(const Vec3& a) noexcept {
  return std::isfinite(a[0]) && std::isfinite(a[1]) && std::isfinite(a[2]);
}
/// M a
[[nodiscard]] constexpr Vec3 multiply(const Mat3& m, const Vec3& a) noexcept {
  return {m[0] * a[0] + m[1] * a[1] + m[2] * a[2], m[3] * a[0] + m[4] * a[1] + m[5] * a[2],
          m[6] * a[0] + m[7] * a[1] + m[8] * a[2]};
}
/// Column of a matrix, 0 to 2.
[[nodiscard]] constexpr Vec3 column(const Mat3& m, std::size_t axis) noexcept {
  return {m[axis], m[3 + axis], m[6 + axis]};
}
/// `a` turned about the unit vector `axis`, right-handed (Rodrigues): a cos t + (axis x a) sin t + (axis . a)(1 - cos t) axis
[[nodiscard]] inline Vec3 rotate(const Vec3& a, const Vec3& axis, double angle_rad) noexcept {
  const double c = std::cos(angle_rad), s = std::sin(angle_rad);
  return add(add(scale(c, a), scale(s, cross(axis, a))), scale((1 - c) * dot(axis, a), axis));
}

}  // namespace iso
