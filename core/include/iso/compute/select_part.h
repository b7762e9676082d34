#pragma once

#include "iso/compute/linear_operator.h"

#include <string_view>

namespace iso::compute {

/// From a product space to one of its parts: what an operator of that part is composed with. The adjoint puts the part in its
/// place, the others being 0. Throws invalid_input for a name that is not there.
[[nodiscard]] OperatorPtr select_part(const Space& space, std::string_view name, const Backend& backend);

}  // namespace iso::compute
