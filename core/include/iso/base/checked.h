#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>

/// Arithmetic on numbers that come from outside: files, options, tables, messages. The answer is a number that is right, or
/// nothing; never one that wrapped around, and never undefined behaviour.
namespace iso {

/// A whole number of that type, from one that is exactly that: 3.0 is 3; 2.7, NaN, infinity and 1e30 are nothing.
template <std::integral To, std::floating_point From>
[[nodiscard]] constexpr std::optional<To> to_whole(From value) noexcept {
  // Both bounds are powers of two (or 0), which a floating-point number holds exactly; the upper one is the first too large.
  constexpr From least = static_cast<From>(std::numeric_limits<To>::min());
  constexpr From beyond = From{2} * static_cast<From>((std::numeric_limits<To>::max() >> 1) + 1);
  if (!(value >= least) || !(value < beyond)) return std::nullopt;
  const To whole = static_cast<To>(value);
  if (static_cast<From>(whole) != value) return std::nullopt;
  return whole;
}

/// The nearest whole number of that type towards zero, at most its largest and at least its smallest; `otherwise` for NaN.
template <std::integral To, std::floating_point From>
[[nodiscard]] constexpr To to_clamped(From value, To otherwise = To{0}) noexcept {
  constexpr From least = static_cast<From>(std::numeric_limits<To>::min());
  constexpr From beyond = From{2} * static_cast<From>((std::numeric_limits<To>::max() >> 1) + 1);
  if (value != value) return otherwise;
  if (!(value > least)) return std::numeric_limits<To>::min();
  if (!(value < beyond)) return std::numeric_limits<To>::max();
  return static_cast<To>(value);
}

/// From one type of whole numbers to another; nothing if it does not hold the number.
template <std::integral To, std::integral From>
[[nodiscard]] constexpr std::optional<To> narrowed(From value) noexcept {
  const To result = static_cast<To>(value);
  if (static_cast<From>(result) != value || (result < To{0}) != (value < From{0})) return std::nullopt;
  return result;
}

template <std::integral T>
[[nodiscard]] constexpr std::optional<T> checked_sum(T a, T b) noexcept {
  T result{};
  if (__builtin_add_overflow(a, b, &result)) return std::nullopt;
  return result;
}

template <std::integral T>
[[nodiscard]] constexpr std::optional<T> checked_product(std::initializer_list<T> factors) noexcept {
  T result{1};
  for (const T factor : factors)
    if (__builtin_mul_overflow(result, factor, &result)) return std::nullopt;
  return result;
}

}  // namespace iso
