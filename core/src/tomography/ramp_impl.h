#pragma once

#include "iso/tomography/filtered_backprojection.h"

#include <functional>

namespace iso::tomography::detail {

/// The ramp filter of a detector on an arc about the source, whose elements are `pitch_rad` apart: the kernel of the flat
/// one times (angle / sin angle)^2. Kak and Slaney (1988), eq. 3.4.1.
[[nodiscard]] std::vector<double> arc_ramp_response(std::int64_t elements, double pitch_rad, FilterWindow window,
                                                    double cutoff);

}  // namespace iso::tomography::detail
