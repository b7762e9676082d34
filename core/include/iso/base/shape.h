#pragma once

#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace iso {

enum class ScalarType : std::uint8_t { u8, u16, i16, i32, f32, f64, c64, c128 };

[[nodiscard]] std::size_t byte_count(ScalarType type) noexcept;
[[nodiscard]] std::string_view to_string(ScalarType type) noexcept;       ///< "f32"
[[nodiscard]] ScalarType scalar_type_from_string(std::string_view name);  ///< throws type_mismatch
[[nodiscard]] constexpr bool is_complex(ScalarType t) noexcept { return t == ScalarType::c64 || t == ScalarType::c128; }
[[nodiscard]] constexpr bool is_double(ScalarType t) noexcept { return t == ScalarType::f64 || t == ScalarType::c128; }

template <class T>
struct ScalarTypeOf;
template <>
struct ScalarTypeOf<std::uint8_t> {
  static constexpr auto value = ScalarType::u8;
};
template <>
struct ScalarTypeOf<std::uint16_t> {
  static constexpr auto value = ScalarType::u16;
};
template <>
struct ScalarTypeOf<std::int16_t> {
  static constexpr auto value = ScalarType::i16;
};
template <>
struct ScalarTypeOf<std::int32_t> {
  static constexpr auto value = ScalarType::i32;
};
template <>
struct ScalarTypeOf<float> {
  static constexpr auto value = ScalarType::f32;
};
template <>
struct ScalarTypeOf<double> {
  static constexpr auto value = ScalarType::f64;
};
template <>
struct ScalarTypeOf<std::complex<float>> {
  static constexpr auto value = ScalarType::c64;
};
template <>
struct ScalarTypeOf<std::complex<double>> {
  static constexpr auto value = ScalarType::c128;
};
template <class T>
inline constexpr ScalarType scalar_type_of = ScalarTypeOf<T>::value;

/// Extents of an array of up to six axes, fastest-varying first: the order of ITK, VTK and ISMRMRD.
class Shape {
 public:
  static constexpr std::size_t max_rank = 6;
  Shape() = default;
  Shape(std::initializer_list<std::int64_t> extents);  ///< throws invalid_input: negative, too many, overflow
  explicit Shape(std::span<const std::int64_t> extents);

  [[nodiscard]] std::size_t rank() const noexcept { return rank_; }
  [[nodiscard]] std::int64_t operator[](std::size_t axis) const noexcept { return axis < rank_ ? extents_[axis] : 1; }
  [[nodiscard]] std::int64_t count() const noexcept;  ///< 1 for rank 0
  [[nodiscard]] std::span<const std::int64_t> extents() const noexcept { return {extents_.data(), rank_}; }
  [[nodiscard]] std::string text() const;  ///< "512 x 512 x 64"
  friend bool operator==(const Shape&, const Shape&) = default;

 private:
  std::array<std::int64_t, max_rank> extents_{};
  std::size_t rank_{0};
};

struct ArraySpec {
  Shape shape;
  ScalarType type{ScalarType::f32};
  [[nodiscard]] std::size_t bytes() const noexcept {
    return static_cast<std::size_t>(shape.count()) * byte_count(type);
  }
  friend bool operator==(const ArraySpec&, const ArraySpec&) = default;
};

}  // namespace iso
