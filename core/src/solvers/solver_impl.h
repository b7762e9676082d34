#pragma once

#include "iso/solvers/solver.h"

#include <string_view>

/// What several solvers do the same way.
namespace iso::solvers::detail {

/// Throws shape_mismatch unless x and b fit the operator.
void expect_problem(std::string_view solver, const compute::LinearOperator& a, const compute::Array& b,
                    const compute::Array& x);

/// r = b - A x; without applying A where x is zero.
void residual_into(const compute::LinearOperator& a, const compute::Array& b, const compute::Array& x,
                   compute::Array& r, compute::Stream& stream);

/// x <- candidate, and the norm of the difference over the norm of the new x (0 if nothing moved). `candidate` is
/// scratch afterwards.
[[nodiscard]] double move_to(compute::Array& candidate, compute::Array& x, compute::Stream& stream);

[[nodiscard]] inline double relative(double update, double size) noexcept {
  return size > 0 ? update / size : (update == 0 ? 0.0 : 1.0);
}

}  // namespace iso::solvers::detail
