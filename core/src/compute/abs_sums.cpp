#include "abs_sums_impl.h"

#include "iso/compute/backend.h"

#include <algorithm>

namespace iso::compute::detail {

double largest(const Sums& sums, Stream& stream) {
  return sums.each ? sums.each.backend().vector().max_abs(sums.each, stream) : sums.bound;
}

Sums scaled(double factor, const Sums& sums, Stream& stream) {
  if (!sums.each) return {factor * sums.bound, {}};
  const Backend& backend = sums.each.backend();
  Array each = backend.allocate(sums.each.spec(), stream);
  backend.vector().axpy(factor, sums.each, each, stream);
  return {factor * sums.bound, std::move(each)};
}

Sums added(const Sums& a, const Sums& b, Stream& stream) {
  if (!a.each && !b.each) return {a.bound + b.bound, {}};
  const Array& like = a.each ? a.each : b.each;
  const Backend& backend = like.backend();
  Array each = backend.allocate(like.spec(), stream);
  for (const Sums* sums : {&a, &b}) {
    if (sums->each) {
      backend.vector().axpy(1, sums->each, each, stream);
    } else {
      Array same = backend.allocate(like.spec(), stream);
      backend.vector().fill(same, sums->bound, stream);
      backend.vector().axpy(1, same, each, stream);
    }
  }
  return {a.bound + b.bound, std::move(each)};
}

Sums joined(const std::vector<Sums>& parts, const Space& space, const Backend& backend, Stream& stream) {
  Sums result;
  for (const Sums& part : parts) result.bound = std::max(result.bound, part.bound);
  const bool one = std::ranges::all_of(parts, [&](const Sums& s) { return !s.each && s.bound == result.bound; });
  if (one) return result;
  result.each = backend.allocate(space.spec(), stream);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    Array place = space.part(result.each, i);
    if (parts[i].each)
      backend.vector().copy(parts[i].each, place, stream);
    else
      backend.vector().fill(place, parts[i].bound, stream);
  }
  return result;
}

}  // namespace iso::compute::detail
