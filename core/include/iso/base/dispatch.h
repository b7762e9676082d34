#pragma once

#include "iso/base/error.h"
#include "iso/base/shape.h"

#include <string>
#include <string_view>

namespace iso {

/// Element types that a piece of code takes.
template <class... Ts>
struct ScalarTypes {
  static constexpr bool contains(ScalarType type) noexcept { return ((scalar_type_of<Ts> == type) || ...); }
  /// "f32, f64"
  static std::string text() {
    std::string names;
    ((names += (names.empty() ? "" : ", ") + std::string{to_string(scalar_type_of<Ts>)}), ...);
    return names;
  }
};
using RealTypes = ScalarTypes<std::uint8_t, std::uint16_t, std::int16_t, std::int32_t, float, double>;
using FloatTypes = ScalarTypes<float, double>;
using ComplexTypes = ScalarTypes<std::complex<float>, std::complex<double>>;
using FieldTypes = ScalarTypes<float, double, std::complex<float>, std::complex<double>>;
using AllTypes = ScalarTypes<std::uint8_t, std::uint16_t, std::int16_t, std::int32_t, float, double,
                             std::complex<float>, std::complex<double>>;

namespace detail {

template <class First, class... Rest, class Visit>
decltype(auto) dispatch(ScalarTypes<First, Rest...>, ScalarType type, Visit& visit) {
  if constexpr (sizeof...(Rest) > 0)
    if (type != scalar_type_of<First>) return dispatch(ScalarTypes<Rest...>{}, type, visit);
  return visit(First{});
}

}  // namespace detail

/// Calls `visit(T{})` with the C++ type T of `type` and returns what it returns, the same type for every T:
///   dispatch<RealTypes>(block.spec().type, [&](auto zero) { sum(block.values<decltype(zero)>()); }, "a mean");
/// Throws type_mismatch if `Types` has no such type; `what` begins that sentence.
template <class Types, class Visit>
decltype(auto) dispatch(ScalarType type, Visit&& visit, std::string_view what = "this operation") {
  if (!Types::contains(type))
    throw Error{Errc::type_mismatch,
                std::string{what} + " takes elements of " + Types::text() + ", not of " + std::string{to_string(type)},
                is_complex(type) ? "take the magnitude or the real part first" : ""};
  return detail::dispatch(Types{}, type, visit);
}

}  // namespace iso
