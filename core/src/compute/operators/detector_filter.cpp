#include "iso/compute/operators/detector_filter.h"

#include "iso/base/error.h"

#include <algorithm>

namespace iso::compute {

void DetectorFilter::check() const {
  const auto length = 2 * (static_cast<std::int64_t>(response.size()) - 1);
  if (length >= 2 * sinogram[0]) return;
  throw Error{Errc::shape_mismatch, "the detector filter is " + std::to_string(std::max<std::int64_t>(0, length)) +
                                        " long, a row of " + std::to_string(sinogram[0]) +
                                        " elements needs twice its length"};
}

}  // namespace iso::compute
