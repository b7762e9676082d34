#include "iso/compute/space.h"

#include <algorithm>

namespace iso::compute {

Space::Space(std::vector<Part> parts) : parts_{std::move(parts)} {
  if (parts_.empty()) throw Error{Errc::invalid_input, "a space of arrays needs at least one"};
  std::int64_t count = 0;
  for (auto part = parts_.begin(); part != parts_.end(); ++part) {
    if (part->spec.type != parts_[0].spec.type) {
      throw Error{Errc::type_mismatch, "the arrays of a space must share their element type, they are " +
                                           std::string{to_string(parts_[0].spec.type)} + " and " +
                                           std::string{to_string(part->spec.type)}};
    }
    if (std::any_of(parts_.begin(), part, [&](const Part& other) { return other.name == part->name; }))
      throw Error{Errc::invalid_input, "a space of arrays has two of the name '" + part->name + "'"};
    count += part->spec.shape.count();
  }
  spec_ = parts_.size() == 1 ? parts_[0].spec : ArraySpec{Shape{count}, parts_[0].spec.type};
}

std::size_t Space::index(std::string_view name) const {
  const auto found = std::ranges::find(parts_, name, &Part::name);
  if (found != parts_.end()) return static_cast<std::size_t>(found - parts_.begin());
  std::string names;
  for (const Part& part : parts_) names += (names.empty() ? "" : ", ") + ("'" + part.name + "'");
  throw Error{Errc::invalid_input, "a space of arrays has no '" + std::string{name} + "', it has " + names};
}

// NOLINTNEXTLINE(readability-const-return-type): a const handle stays one
const Array Space::part(const Array& whole, std::size_t index) const {
  if (!whole || whole.spec() != spec_) {
    throw Error{Errc::shape_mismatch, "a part was asked of an array of " +
                                          (whole ? whole.spec().shape.text() : std::string{"no shape"}) +
                                          ", the space has arrays of " + spec_.shape.text()};
  }
  const Shape& shape = parts_.at(index).spec.shape;
  if (parts_.size() == 1) return whole;
  std::int64_t first = 0;
  for (std::size_t i = 0; i < index; ++i) first += parts_[i].spec.shape.count();
  return whole.part(first, shape.count()).reshaped(shape);
}

Array Space::part(Array& whole, std::size_t index) const { return part(std::as_const(whole), index); }

}  // namespace iso::compute
