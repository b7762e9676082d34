#include "iso/compute/operators/backprojection.h"

#include "description_impl.h"

namespace iso::compute {

void Backprojection::check() const { detail::expect_scan(geometry, grid); }

}  // namespace iso::compute
