#pragma once

#include "iso/compute/backend.h"

#include <cstdint>

namespace iso::solvers {

/// The largest singular value of A, from below, by power iteration on AᴴA from a seeded start, until it changes by less
/// than `relative_tolerance` or `iterations` are done. Two arrays of the domain, and what `normal` takes.
/// Errors: invalid_input (no iterations), invalid_result (A gives values that are not finite).
[[nodiscard]] double operator_norm(const compute::LinearOperator& a, compute::Stream& stream, int iterations = 30,
                                   double relative_tolerance = 1e-3, std::uint64_t seed = 1);

}  // namespace iso::solvers
