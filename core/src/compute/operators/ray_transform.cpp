#include "iso/compute/operators/ray_transform.h"

#include "description_impl.h"

namespace iso::compute {

void RayTransform::check() const { detail::expect_scan(geometry, grid); }

}  // namespace iso::compute
