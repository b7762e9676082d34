#include "iso/data/dataset.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <string_view>
#include <vector>

namespace iso {
namespace {

bool finite(double value) { return std::isfinite(value); }
bool finite(float value) { return std::isfinite(value); }
template <class T>
bool finite(std::complex<T> value) {
  return std::isfinite(value.real()) && std::isfinite(value.imag());
}

/// Which elements of the values a mask speaks of: one step in the mask for one step along each axis of the values.
struct Mask {
  std::span<const std::uint8_t> values;
  std::vector<std::int64_t> stride;  ///< of each axis of the values; 0 along an axis that the mask lacks
};

Mask mask_on(std::string_view own_axes, const Pixels& mask, const std::vector<std::string>& axes) {
  Mask out{mask.values<std::uint8_t>(), std::vector<std::int64_t>(axes.size(), 0)};
  std::int64_t stride = 1;
  std::size_t axis = 0;
  for (std::size_t at = 0; at <= own_axes.size(); ++axis) {
    const auto end = std::min(own_axes.find(',', at), own_axes.size());
    const auto found = std::ranges::find(axes, own_axes.substr(at, end - at));
    if (found != axes.end() && mask.spec().shape[axis] > 1)
      out.stride[static_cast<std::size_t>(found - axes.begin())] = stride;
    stride *= mask.spec().shape[axis];
    at = end + 1;
  }
  return out;
}

template <class T>
bool all_finite(std::span<const T> values, const Shape& shape, const std::vector<Mask>& masks) {
  if (masks.empty()) return std::ranges::all_of(values, [](T v) { return finite(v); });
  std::array<std::int64_t, Shape::max_rank> index{};
  for (const T value : values) {
    if (!finite(value)) {
      const bool hidden = std::ranges::any_of(masks, [&](const Mask& mask) {
        std::int64_t at = 0;
        for (std::size_t axis = 0; axis < shape.rank() && axis < mask.stride.size(); ++axis)
          at += index[axis] * mask.stride[axis];
        return mask.values[static_cast<std::size_t>(at)] == 0;
      });
      if (!hidden) return false;
    }
    for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
      if (++index[axis] < shape[axis]) break;
      index[axis] = 0;
    }
  }
  return true;
}

bool all_finite(const Pixels& pixels, const std::vector<Mask>& masks) {
  const Shape& shape = pixels.spec().shape;
  switch (pixels.spec().type) {
    case ScalarType::f32: return all_finite(pixels.values<float>(), shape, masks);
    case ScalarType::f64: return all_finite(pixels.values<double>(), shape, masks);
    case ScalarType::c64: return all_finite(pixels.values<std::complex<float>>(), shape, masks);
    case ScalarType::c128: return all_finite(pixels.values<std::complex<double>>(), shape, masks);
    default: return true;
  }
}

}  // namespace

Soundness soundness(const Dataset& data) {
  if (const auto* table = std::get_if<Table>(&data)) {
    for (const auto& row : table->values) {
      if (!std::ranges::all_of(row, [](double v) { return finite(v); })) return Soundness::not_finite;
    }
    return table->columns.empty() && table->texts.empty() ? Soundness::empty : Soundness::sound;
  }
  const Pixels& pixels = *to_pixels(data);
  if (pixels.empty() || pixels.is_outline() || pixels.spec().shape.count() == 0) return Soundness::empty;
  std::vector<Mask> masks;
  visit_members(data, [&]<class T>(const Member& member, const T& value) {
    if constexpr (std::is_same_v<T, Pixels>)
      if (member.mask && !value.empty()) masks.push_back(mask_on(member.axes, value, axis_names(to_kind(data))));
  });
  if (!masks.empty()) check_members(data);  // a mask of another shape would be read beyond its end
  return all_finite(pixels, masks) ? Soundness::sound : Soundness::not_finite;
}

}  // namespace iso
