#include "iso/models/network.h"

#include "iso/base/error.h"

#include <algorithm>

namespace iso::models {

Network::~Network() = default;

bool fits(const Shape& shape, std::span<const std::int64_t> extents) noexcept {
  if (shape.rank() != extents.size()) return false;
  for (std::size_t axis = 0; axis < extents.size(); ++axis)
    if (shape[axis] < 1 || (extents[axis] >= 0 && extents[axis] != shape[axis])) return false;
  return true;
}

std::string to_text(std::span<const std::int64_t> extents) {
  std::string text;
  for (const std::int64_t extent : extents)
    text += (text.empty() ? "" : " x ") + (extent < 0 ? std::string{"any"} : std::to_string(extent));
  return text;
}

Pixels Network::run(const Tensors& given, const std::stop_token& stop) const {
  for (const TensorSpec& spec : inputs()) {
    const auto found = given.find(spec.name);
    if (found == given.end())
      throw Error{Errc::no_input, "the network needs the input '" + spec.name + "', which is missing"};
    const ArraySpec& has = found->second.spec();
    if (has.type != ScalarType::f32)
      throw Error{Errc::type_mismatch, "the input '" + spec.name + "' of the network is " +
                                           std::string{to_string(has.type)} + ", expected f32"};
    if (!fits(has.shape, spec.extents))
      throw Error{Errc::shape_mismatch, "the input '" + spec.name + "' of the network is " + has.shape.text() +
                                            ", expected " + to_text(spec.extents)};
  }
  for (const auto& [name, pixels] : given)
    if (std::ranges::find(inputs(), name, &TensorSpec::name) == inputs().end())
      throw Error{Errc::usage, "the network has no input '" + name + "'"};
  if (stop.stop_requested()) throw Error{Errc::cancelled, "the network was stopped before it ran"};
  return do_run(given);
}

}  // namespace iso::models
