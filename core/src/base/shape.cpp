#include "iso/base/shape.h"

#include "iso/base/error.h"

#include <limits>

namespace iso {
namespace {

struct TypeName {
  ScalarType type;
  std::string_view name;
  std::size_t bytes;
};
constexpr std::array<TypeName, 8> types{{{ScalarType::u8, "u8", 1},
                                         {ScalarType::u16, "u16", 2},
                                         {ScalarType::i16, "i16", 2},
                                         {ScalarType::i32, "i32", 4},
                                         {ScalarType::f32, "f32", 4},
                                         {ScalarType::f64, "f64", 8},
                                         {ScalarType::c64, "c64", 8},
                                         {ScalarType::c128, "c128", 16}}};

}  // namespace

std::size_t byte_count(ScalarType type) noexcept { return types[static_cast<std::size_t>(type)].bytes; }
std::string_view to_string(ScalarType type) noexcept { return types[static_cast<std::size_t>(type)].name; }

ScalarType scalar_type_from_string(std::string_view name) {
  for (const auto& known : types) {
    if (known.name == name) return known.type;
  }
  throw Error{Errc::type_mismatch, "there is no element type '" + std::string{name} + "'",
              "use one of u8 u16 i16 i32 f32 f64 c64 c128"};
}

Shape::Shape(std::initializer_list<std::int64_t> extents)
    : Shape(std::span<const std::int64_t>{extents.begin(), extents.size()}) {}

Shape::Shape(std::span<const std::int64_t> extents) : rank_{extents.size()} {
  if (rank_ > max_rank) {
    throw Error{Errc::invalid_input,
                "an array of " + std::to_string(rank_) + " axes was asked for, at most 6 are supported"};
  }
  std::int64_t product = 1;
  for (std::size_t axis = 0; axis < rank_; ++axis) {
    const auto extent = extents[axis];
    // Two factors of 16 are kept free: an array of c128 must be countable in bytes.
    if (extent < 0 || (extent > 0 && product > std::numeric_limits<std::int64_t>::max() / 256 / extent)) {
      throw Error{Errc::invalid_input,
                  "an array of extent " + std::to_string(extent) + " on axis " + std::to_string(axis) + " cannot exist",
                  "check the sizes in the file"};
    }
    extents_[axis] = extent;
    product *= extent == 0 ? 1 : extent;
  }
}

std::int64_t Shape::count() const noexcept {
  std::int64_t product = 1;
  for (std::size_t axis = 0; axis < rank_; ++axis) product *= extents_[axis];
  return product;
}

std::string Shape::text() const {
  std::string out;
  for (std::size_t axis = 0; axis < rank_; ++axis) out += (axis ? " x " : "") + std::to_string(extents_[axis]);
  return out.empty() ? "scalar" : out;
}

}  // namespace iso
