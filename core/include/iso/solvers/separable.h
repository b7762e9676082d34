#pragma once

#include "iso/compute/space.h"
#include "iso/solvers/functional.h"

#include <vector>

namespace iso::solvers {

/// F_0(x_0) + F_1(x_1) + ... of the parts of a product space, in its order; a null functional is 0. Its proximal map is that of
/// each part. Throws invalid_input if there are not as many as parts.
[[nodiscard]] FunctionalPtr separable_sum(compute::Space space, std::vector<FunctionalPtr> parts);

/// F(T x) for a unitary T, whose proximal map is Tᴴ prox T: sparsity in another domain, such as the spectrum along time.
/// That T is unitary is the caller's promise.
[[nodiscard]] FunctionalPtr after_unitary(FunctionalPtr f, compute::OperatorPtr t);

}  // namespace iso::solvers
