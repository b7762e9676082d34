#pragma once

#include "iso/compute/array.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace iso::compute {

/// What an operator reads or writes: one array, or a named list of arrays (a product space). The arrays of a list lie one
/// behind the other in one array of shape {sum of their counts}; `part` gives each in its own shape, in the same memory.
class Space {
 public:
  struct Part {
    std::string name;
    ArraySpec spec;
    friend bool operator==(const Part&, const Part&) = default;
  };
  // NOLINTNEXTLINE(google-explicit-constructor,hicpp-explicit-conversions): one array is the usual space
  Space(const ArraySpec& spec) : spec_{spec}, parts_{{"", spec}} {}
  Space(const Shape& shape, ScalarType type) : Space{ArraySpec{shape, type}} {}
  /// Throws invalid_input for an empty list or a name that is there twice, type_mismatch if element types differ.
  explicit Space(std::vector<Part> parts);

  [[nodiscard]] const ArraySpec& spec() const noexcept { return spec_; }  ///< of the array that holds all
  [[nodiscard]] std::span<const Part> parts() const noexcept { return parts_; }
  [[nodiscard]] std::size_t index(std::string_view name) const;  ///< throws invalid_input, naming those there are

  /// Throws shape_mismatch if `whole` is not an array of this space.
  [[nodiscard]] Array part(Array& whole, std::size_t index) const;
  [[nodiscard]] Array part(Array& whole, std::string_view name) const { return part(whole, index(name)); }
  // NOLINTBEGIN(readability-const-return-type): a const handle stays one
  [[nodiscard]] const Array part(const Array& whole, std::size_t index) const;
  [[nodiscard]] const Array part(const Array& whole, std::string_view name) const { return part(whole, index(name)); }
  // NOLINTEND(readability-const-return-type)
  friend bool operator==(const Space&, const Space&) = default;

 private:
  ArraySpec spec_;
  std::vector<Part> parts_;
};

}  // namespace iso::compute
