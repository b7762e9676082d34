#include "iso/solvers/power_iteration.h"

#include "iso/compute/random_field.h"

#include <algorithm>
#include <cmath>

namespace iso::solvers {
double operator_norm(const compute::LinearOperator& a, compute::Stream& stream, int iterations,
                     double relative_tolerance, std::uint64_t seed) {
  if (iterations < 1)
    throw Error{Errc::invalid_input, "the power iteration was given no iterations", "give at least 1"};
  const auto& backend = a.backend();
  const auto& ops = backend.vector();
  auto v = backend.upload(compute::random_field(a.domain(), seed), stream);
  auto w = backend.allocate(a.domain(), stream);
  double size = ops.norm2(v, stream), estimate = 0;
  for (int i = 0; i < iterations && size > 0; ++i) {
    stream.check_stop();
    ops.scale(1 / size, v, stream);
    a.normal(v, w, stream);
    // ‖A v‖² = <v, AᴴA v> for a unit v: never above the largest singular value.
    const double square = ops.dot(v, w, stream).real();
    if (!std::isfinite(square)) {
      throw Error{Errc::invalid_result,
                  "the power iteration met a value that is not finite at iteration " + std::to_string(i + 1)};
    }
    const double next = std::sqrt(std::max(0.0, square));
    const bool settled = std::abs(next - estimate) <= relative_tolerance * next;
    estimate = std::max(estimate, next);
    if (settled) break;
    std::swap(v, w);
    size = ops.norm2(v, stream);
  }
  return estimate;
}

}  // namespace iso::solvers
