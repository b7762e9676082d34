#pragma once

#include "iso/compute/linear_operator.h"

#include <vector>

/// Arithmetic on sums of |A|, which are one bound or one number an element.
namespace iso::compute::detail {

using Sums = AbsSums::Sums;

[[nodiscard]] double largest(const Sums& sums, Stream& stream);
[[nodiscard]] Sums scaled(double factor, const Sums& sums, Stream& stream);
[[nodiscard]] Sums added(const Sums& a, const Sums& b, Stream& stream);
/// One behind the other, as the parts of `space`.
[[nodiscard]] Sums joined(const std::vector<Sums>& parts, const Space& space, const Backend& backend, Stream& stream);

}  // namespace iso::compute::detail
